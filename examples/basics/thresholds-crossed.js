// What a failed test looks like: this one asks for something that is not there and crosses its threshold on purpose. Exit code 99.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  vus: 2,
  iterations: 6,
  thresholds: {
    checks: ['rate>0.9'],
    http_req_failed: ['rate<0.1'],
  },
};

export default function () {
  const response = http.get(`${base}/api/v1/todos/0`, { tags: { name: '/api/v1/todos/ID' } });
  check(response, { 'the todo is there': (r) => r.status === 200 });
}
