// Shoppers log in once and turn the pages of the shop; users come for the first third and stay.
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT;
const users = Number(__ENV.USERS || 50), seconds = Number(__ENV.SECONDS || 30), think = Number(__ENV.THINK || 1);

export const options = {
  noCookiesReset: true,
  scenarios: {
    shoppers: {
      executor: 'ramping-vus',
      stages: [{ duration: `${Math.round(seconds / 3)}s`, target: users }, { duration: `${seconds - Math.round(seconds / 3)}s`, target: users }],
      gracefulStop: '1s',
    },
  },
};

let in_ = false;

export default function () {
  if (!in_) {
    const answer = http.post(`${base}/login`, JSON.stringify({ username: `user${__VU}@shop.example` }), { headers: { 'Content-Type': 'application/json' } });
    in_ = check(answer, { 'logged in': (r) => r.status === 200 });
  }
  const page = http.get(`${base}/shop/products?page=${1 + Math.floor(Math.random() * 40)}`, { tags: { name: '/shop/products?page={n}' } });
  check(page, { 'has products': (r) => r.status === 200 && r.body.includes('class="card"') });
  sleep(think * (0.5 + Math.random()));
  check(http.get(`${base}/me`), { 'is somebody': (r) => r.status === 200 });
  sleep(think * (0.5 + Math.random()));
}
