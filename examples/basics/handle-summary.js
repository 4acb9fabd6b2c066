// handleSummary() decides what is printed and written at the end. It is given everything that the summary shows.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 2, iterations: 8 };

export default function () {
  const response = http.get(`${base}/api/v1/todos?limit=3`);
  check(response, { 'status is 200': (r) => r.status === 200 });
}

export function handleSummary(data) {
  const { http_reqs, http_req_duration, checks } = data.metrics;
  const line = `${http_reqs.values.count} requests, p(95) ${http_req_duration.values['p(95)'].toFixed(1)} ms, ` +
    `${checks.values.passes} of ${checks.values.passes + checks.values.fails} checks passed\n`;
  // Keys are file names, or stdout and stderr. Return nothing, and the usual summary is printed.
  const report = { stdout: line };
  if (__ENV.SUMMARY) {
    report[__ENV.SUMMARY] = JSON.stringify(data, null, 2); // SUMMARY=summary.json halftime k6 run …
  }
  return report;
}
