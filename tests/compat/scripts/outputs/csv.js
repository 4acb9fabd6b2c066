// --out csv.
// compare: csv
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter } from 'k6/metrics';
const c = new Counter('my_counter');
export const options = { iterations: 2, tags: { run: 'a b' } };
export default function () {
  group('g', () => check(http.get(`${__ENV.HTTP}/get?a=1,2`), { 'ok, "really"': (x) => x.status === 200 }));
  c.add(2, { zeta: 'z', alpha: 'a&b=c' });
}
