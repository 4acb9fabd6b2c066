// Thresholds on metrics that never get a sample.
// compare: log metrics stdout
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
new Counter('my_counter'); new Gauge('my_gauge'); new Rate('my_rate'); new Trend('my_trend');
export const options = { thresholds: { my_counter: ['count==0'], my_gauge: ['value<1'], my_rate: ['rate>0.9'], my_trend: ['avg<1'], http_req_duration: ['p(95)<1'], checks: ['rate>0.9'] } };
export default function () {}
