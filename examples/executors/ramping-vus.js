// ramping-vus: the number of users follows a line through the given points. For: finding the number of users at which it gets slow.
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  scenarios: {
    visitors: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '2s', target: 4 }, // one more user each half second
        { duration: '1s', target: 4 }, // hold
        { duration: '2s', target: 0 }, // and back
      ],
      gracefulRampDown: '2s', // a user that is to go may finish its iteration for so long
      gracefulStop: '2s',
    },
  },
};

export default function () {
  const response = http.get(`${base}/`);
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(1);
}
