// constant-vus: so many users at all times, each starting over when it is through. A closed model: when the server gets slower, the users
// send less, so this shows how it feels for a known number of users, not how much the server can take.
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  scenarios: {
    readers: {
      executor: 'constant-vus',
      vus: 4,
      duration: '3s', // no iteration starts after that …
      gracefulStop: '5s', // … but those that run may take so much longer before they are cut
    },
  },
};

// An iteration takes a little more than a second: it starts at 0, 1 and 2 s, which makes three for each user.
export default function () {
  const response = http.get(`${base}/about/`);
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(1);
}
