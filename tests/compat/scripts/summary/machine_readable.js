// --new-machine-readable-summary.
// args: --new-machine-readable-summary
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter } from 'k6/metrics';
import { show } from '../lib.js';
const c = new Counter('my_counter');
export default function () { group('g', () => check(http.get(`${__ENV.HTTP}/get`), { ok: (x) => x.status === 200 })); c.add(2); }
export function handleSummary(given) {
  const data = JSON.parse(JSON.stringify(given));
  show(Object.keys(data).sort(), data.version, Object.keys(data.config).sort(), data.config.execution, data.results && Object.keys(data.results).sort());
  show(data.results.metrics.map((m) => [m.name, m.type, m.contains, Object.keys(m.values).sort()]).sort());
  show(data.results.checks);
  return {};
}
