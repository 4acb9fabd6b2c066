// --summary-export.
// compare: metrics
import http from 'k6/http';
import { check, group } from 'k6';
import { Rate } from 'k6/metrics';
const r = new Rate('my_rate');
export const options = { thresholds: { my_rate: ['rate>0.4', 'rate>0.6'], 'checks{check:a}': ['rate==1'] } };
export function setup() { return [1, { a: 'b' }]; }
export default function () {
  r.add(1); r.add(0);
  check(1, { a: () => true, b: () => false });
  group('one', () => { check(1, { a: () => true }); group('two', () => { check(1, { c: () => true }); http.get(`${__ENV.HTTP}/get`); }); });
}
