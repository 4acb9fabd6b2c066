// A metric without samples is not shown, unless a threshold names it.
// compare: metrics stdout
import { Counter, Rate, Trend } from 'k6/metrics';
new Counter('silent');
new Counter('asked');
new Rate('asked_rate');
new Trend('asked_trend');
export const options = { thresholds: { asked: ['count<1'], asked_rate: ['rate>0.5'], asked_trend: ['p(95)<1'] } };
export default function () {}
