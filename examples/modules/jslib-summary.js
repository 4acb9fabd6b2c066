// The library k6-summary: the usual summary as text, and the checks and thresholds as a JUnit file for CI.
import http from 'k6/http';
import { check } from 'k6';
import { jUnit, textSummary } from 'https://jslib.k6.io/k6-summary/0.1.0/index.js';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  vus: 2,
  iterations: 6,
  thresholds: { http_req_failed: ['rate<0.01'] },
};

export default function () {
  check(http.get(`${base}/about/`), { 'status is 200': (r) => r.status === 200 });
}

export function handleSummary(data) {
  const report = { stdout: textSummary(data, { indent: '  ', enableColors: false }) };
  if (__ENV.JUNIT) {
    report[__ENV.JUNIT] = jUnit(data); // JUNIT=junit.xml halftime k6 run …
  }
  return report;
}
