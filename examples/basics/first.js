// The smallest useful test: two users, one page, one check.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

// Short for one scenario: 10 iterations, shared by 2 users. Flags win over it: `halftime k6 run --vus 5 --duration 10s first.js`.
export const options = { vus: 2, iterations: 10 };

// What is out here runs once for every user, before the test. The default function runs once for every iteration.
export default function () {
  const response = http.get(`${base}/`);
  // A check that fails is counted and changes nothing else. Only a threshold makes the test fail: see thresholds.js.
  check(response, {
    'status is 200': (r) => r.status === 200,
    'it is about kettles': (r) => r.body.includes('kettles'),
  });
}
