// --summary-mode full: scenarios.
// args: --summary-mode full
// compare: stdout
import http from 'k6/http';
import { check, group } from 'k6';
export const options = {
  scenarios: { alpha: { executor: 'per-vu-iterations', vus: 1, iterations: 2 }, beta: { executor: 'per-vu-iterations', vus: 1, iterations: 1, exec: 'b' } },
  thresholds: { 'http_req_duration{scenario:alpha}': ['p(95)<5000'], 'iterations{scenario:beta}': ['count==1'] },
};
export default function () { group('one', () => { check(http.get(`${__ENV.HTTP}/get`), { ok: (r) => r.status === 200 }); }); check(1, { plain: () => true }); }
export function b() { check(http.get(`${__ENV.HTTP}/get`), { ok: (r) => r.status === 201 }); }
