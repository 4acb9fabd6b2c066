// per-vu-iterations: every user does the same number of iterations, however long that takes each of them.
// For: "five testers, each goes through the list four times".
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  scenarios: {
    testers: {
      executor: 'per-vu-iterations',
      vus: 5,
      iterations: 4, // of each user: 20 in all
      maxDuration: '30s',
    },
  },
};

export default function () {
  // __VU is the number of the user (from 1), __ITER counts its own iterations (from 0).
  const response = http.get(`${base}/demo/user-${__VU}-round-${__ITER}`, { tags: { name: 'demo page' } });
  check(response, { 'the page names us': (r) => r.body.includes(`user-${__VU}-round-${__ITER}`) });
  sleep(0.1);
}
