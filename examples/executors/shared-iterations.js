// shared-iterations: a fixed amount of work, done together. Whoever is free takes the next iteration, so fast users do more than slow ones.
// For: "send these 20 orders as fast as four users can".
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  scenarios: {
    orders: {
      executor: 'shared-iterations',
      vus: 4, // users; each is a JavaScript world of its own
      iterations: 20, // of all users together
      maxDuration: '30s', // what is not started by then is counted in dropped_iterations
    },
  },
};

export default function () {
  const response = http.get(`${base}/api/v1/todos?limit=5`);
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(0.1);
}
