// How numbers are written.
// args: --quiet
// compare: stdout metrics
import { Counter, Gauge, Trend } from 'k6/metrics';
const numbers = [0, 1, -1, 0.1, 1.23456789, 999.9999999, 1000, 12345678.9, 1e-7, 123456789012];
const gauges = numbers.map((n, i) => new Gauge(`gauge_${i}`));
const trends = numbers.map((n, i) => new Trend(`trend_${i}`));
const counters = numbers.map((n, i) => new Counter(`counter_${i}`));
export default function () { numbers.forEach((n, i) => { gauges[i].add(n); trends[i].add(n); counters[i].add(n); }); }
