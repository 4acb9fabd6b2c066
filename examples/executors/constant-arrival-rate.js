// constant-arrival-rate: iterations start by the clock, whether earlier ones are done or not. An open model, as on the internet, where nobody
// waits for the others: this shows how much the server can take.
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate: 10, // iterations …
      timeUnit: '1s', // … in so much time: one each 100 ms, the first at once
      duration: '3s', // 31 in all: the last one starts just at the end
      preAllocatedVUs: 8, // users made beforehand: about rate × seconds per iteration, and some to spare
      maxVUs: 16, // more are made when all are busy; beyond that an iteration is dropped and counted
    },
  },
};

export default function () {
  const response = http.get(`${base}/api/v1/todos?limit=5`);
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(0.1);
}
