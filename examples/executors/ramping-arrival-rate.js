// ramping-arrival-rate: iterations start by the clock, at a rate that follows a line. For: finding the rate at which the server gives in.
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  scenarios: {
    rush: {
      executor: 'ramping-arrival-rate',
      startRate: 0,
      timeUnit: '1s',
      stages: [
        { duration: '2s', target: 9 }, // from 0 to 9 a second: 9 starts, the area under the line
        { duration: '1500ms', target: 9 }, // 13.5 more: 22 have started at the end
      ],
      preAllocatedVUs: 8,
      maxVUs: 16,
    },
  },
};

export default function () {
  const response = http.get(`${base}/api/v1/todos?limit=5`);
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(0.1);
}
