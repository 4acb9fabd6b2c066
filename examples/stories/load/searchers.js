// Everybody searches for something else: no two pages are the same, so a cache grows with each. The rate is fixed.
import http from 'k6/http';
import { check } from 'k6';

const words = ['kettle', 'teapot', 'mug', 'biscuit', 'scarf', 'ticket', 'whistle', 'ball'];
const seconds = Number(__ENV.SECONDS || 30);

export const options = {
  scenarios: {
    searchers: { executor: 'constant-arrival-rate', rate: Number(__ENV.RATE || 60), duration: `${seconds}s`, preAllocatedVUs: 50, maxVUs: 300, gracefulStop: '1s' },
  },
};

export default function () {
  const word = words[Math.floor(Math.random() * words.length)];
  const url = `${__ENV.ENDPOINT}/shop/search?q=${word}&min=${Math.floor(Math.random() * 2000)}`;
  const page = http.get(url, { tags: { name: '/shop/search?q={word}' } });
  check(page, { 'found something': (r) => r.status === 200 });
}
