// --out json: metrics and points.
// compare: json
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
const c = new Counter('my_counter'); const g = new Gauge('my_gauge'); const r = new Rate('my_rate'); const t = new Trend('my_trend', true);
export const options = { iterations: 2, thresholds: { my_counter: ['count>0', { threshold: 'count<100', abortOnFail: true }], 'my_trend{kind:x}': ['avg<1000'] } };
export default function () {
  group('g', () => check(http.get(`${__ENV.HTTP}/get`, { tags: { mine: 'tag' } }), { ok: (x) => x.status === 200 }));
  c.add(2, { kind: 'x' }); g.add(3.5); r.add(true); t.add(5, { kind: 'x' });
}
