// Thresholds decide whether a test passed. If one is crossed the exit code is 99, which fails a CI job.
import http from 'k6/http';
import { check } from 'k6';
import { Counter } from 'k6/metrics';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';
const todosRead = new Counter('todos_read');

export const options = {
  scenarios: {
    readers: { executor: 'per-vu-iterations', vus: 3, iterations: 5 },
  },
  thresholds: {
    http_req_failed: ['rate<0.01'], // fewer than one request in a hundred may fail
    http_req_duration: ['p(95)<2000', 'max<10000'], // milliseconds
    checks: [{ threshold: 'rate>0.99', abortOnFail: true, delayAbortEval: '2s' }], // the test ends at once when this is crossed
    todos_read: ['count>=15'], // a metric of your own
    'http_req_duration{name:list}': ['avg<2000'], // one endpoint
  },
};

export default function () {
  const response = http.get(`${base}/api/v1/todos?limit=3`, { tags: { name: 'list' } });
  if (check(response, { 'status is 200': (r) => r.status === 200 })) {
    todosRead.add(1);
  }
}
