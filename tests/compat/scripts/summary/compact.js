// The summary: thresholds, checks, custom metrics, sub-metrics.
// compare: stdout
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
const c = new Counter('my_counter'); const g = new Gauge('my_gauge'); const r = new Rate('my_rate'); const t = new Trend('my_trend'); const l = new Trend('my_lasting', true);
export const options = {
  iterations: 4,
  thresholds: { http_req_duration: ['p(95)<5000', 'avg<0.000001'], 'http_reqs{name:a}': ['count>1'], my_rate: ['rate>0.1'], my_trend: ['med<100', 'p(99.5)<1000'] },
};
export default function () {
  group('outer', () => {
    check(http.get(`${__ENV.HTTP}/get`, { tags: { name: 'a' } }), { 'status is 200': (x) => x.status === 200, even: () => __ITER % 2 === 0 });
    group('inner', () => { check(null, { 'status is 200': () => true, deep: () => true }); http.get(`${__ENV.HTTP}/status/404`); });
  });
  check(null, { never: () => false });
  c.add(1); g.add(__ITER); r.add(__ITER % 2); t.add(__ITER * 1.5); l.add(__ITER * 1234.5);
}
