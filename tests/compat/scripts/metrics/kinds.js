// The four kinds.
// compare: log metrics json
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { show } from '../lib.js';
const counter = new Counter('my_counter');
const gauge = new Gauge('my_gauge');
const rate = new Rate('my_rate');
const trend = new Trend('my_trend');
const lasting = new Trend('my_lasting', true);
const bytes = new Counter('my_time_counter', true);
export const options = { iterations: 4 };
export default function () {
  show(counter.add(1), gauge.add(__ITER), rate.add(__ITER % 2), trend.add(__ITER * 1.5), lasting.add(1000), bytes.add(2500));
  counter.add(2.5, { tagged: 'yes', n: 1, b: true });
  trend.add(-7);
  show(counter.name, gauge.name, rate.name, trend.name);
}
