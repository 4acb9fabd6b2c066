// Several scenarios in one test: each with its executor, its function, its start, its environment and its tags.
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';
const json = { headers: { 'Content-Type': 'application/json' } };

export const options = {
  scenarios: {
    readers: { executor: 'constant-vus', vus: 2, duration: '2s', exec: 'read', tags: { team: 'shop' } },
    writers: {
      executor: 'constant-arrival-rate',
      rate: 5,
      duration: '2s',
      preAllocatedVUs: 4,
      exec: 'write',
      startTime: '1s', // after the readers have begun
      env: { TITLE: 'Boil water' }, // in __ENV of this scenario only
    },
    // Starts after the others are done. It may get users whom an earlier scenario has left, with what they remember.
    afterwards: { executor: 'per-vu-iterations', vus: 2, iterations: 2, exec: 'look', startTime: '4s' },
  },
  thresholds: {
    'http_req_failed{scenario:readers}': ['rate==0'],
    'http_req_duration{team:shop}': ['p(95)<2000'],
  },
};

export function read() {
  check(http.get(`${base}/api/v1/todos?limit=3`), { 'list is there': (r) => r.status === 200 });
  sleep(1);
}

export function write() {
  const response = http.post(`${base}/api/v1/todos`, JSON.stringify({ title: __ENV.TITLE }), json);
  check(response, { 'todo is made': (r) => r.status === 201 && r.json().title === 'Boil water' });
}

export function look() {
  check(http.get(`${base}/about/`), { 'page is there': (r) => r.status === 200 });
}
