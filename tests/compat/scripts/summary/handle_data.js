// What handleSummary is given.
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { show } from '../lib.js';
const c = new Counter('my_counter'); const g = new Gauge('my_gauge'); const r = new Rate('my_rate'); const t = new Trend('my_trend', true);
export const options = { thresholds: { my_counter: ['count>1', 'count<1'], 'http_reqs{name:a}': ['count>=0'] }, summaryTrendStats: ['med', 'p(99)', 'count'] };
export function setup() { return { from: 'setup' }; }
export default function () {
  group('g', () => check(http.get(`${__ENV.HTTP}/get`), { ok: (x) => x.status === 200, bad: () => false }));
  c.add(2); g.add(3); g.add(1); r.add(1); r.add(0); t.add(5);
}
export function handleSummary(data) {
  show(Object.keys(data).sort(), data.options, Object.keys(data.state).sort(), data.state.isStdOutTTY, data.state.testRunDurationMs > 0, data.setup_data);
  show(data.root_group);
  show(Object.keys(data.metrics).sort());
  for (const name of ['my_counter', 'my_gauge', 'my_rate', 'my_trend', 'checks']) {
    const metric = JSON.parse(JSON.stringify(data.metrics[name]));
    if (metric.type === 'counter') metric.values.rate = metric.values.rate > 0;
    show(name, metric);
  }
  for (const name of Object.keys(data.metrics).sort()) show(name, data.metrics[name].type, data.metrics[name].contains, Object.keys(data.metrics[name].values).sort());
  return {};
}
