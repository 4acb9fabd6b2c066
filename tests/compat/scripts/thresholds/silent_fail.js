// And which of those fail.
// compare: log metrics
import { Counter, Gauge, Trend } from 'k6/metrics';
new Counter('my_counter'); new Gauge('my_gauge'); new Trend('my_trend');
export const options = { thresholds: { my_counter: ['count>0'], my_gauge: ['value>0'], my_trend: ['max>0'] } };
export default function () {}
