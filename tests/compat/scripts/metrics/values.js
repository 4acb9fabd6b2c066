// Which values are taken, and which are refused with a warning.
// compare: log metrics
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { show } from '../lib.js';
const counter = new Counter('my_counter');
const trend = new Trend('my_trend');
const rate = new Rate('my_rate');
const gauge = new Gauge('my_gauge');
export default function () {
  show(counter.add(NaN), counter.add(null), counter.add(undefined), counter.add('abc'), counter.add({}), counter.add());
  show(counter.add('5'), counter.add(true), counter.add(false), counter.add(-1), counter.add(0.5));
  show(trend.add(-1), trend.add('x'), trend.add('2.5'), trend.add(1e12));
  show(rate.add('yes'), rate.add(0), rate.add(5), rate.add(-1), rate.add(true), rate.add(false));
  show(gauge.add(-2), gauge.add('7'));
}
