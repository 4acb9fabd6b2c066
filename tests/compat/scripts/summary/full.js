// --summary-mode full: groups and all timings.
// args: --summary-mode full
// compare: stdout
import http from 'k6/http';
import { check, group } from 'k6';
import { Trend } from 'k6/metrics';
const t = new Trend('my_trend');
export default function () {
  group('outer', () => {
    check(http.get(`${__ENV.HTTP}/get`), { 'status is 200': (x) => x.status === 200 });
    group('inner', () => { check(null, { deep: () => false }); http.get(`${__ENV.HTTP}/status/404`); t.add(5); });
  });
  group('another', () => { check(1, { here: () => true }); });
}
