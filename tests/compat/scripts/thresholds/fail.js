// Thresholds that don't: exit 99, and which.
// compare: log metrics stdout
import { check } from 'k6';
import { Counter, Trend } from 'k6/metrics';
const counter = new Counter('my_counter');
const trend = new Trend('my_trend');
export const options = { thresholds: { my_counter: ['count<1', 'count>0'], my_trend: ['avg<1'], checks: ['rate>0.9'], iterations: ['count>0'] } };
export default function () { counter.add(2); trend.add(5); check(1, { no: () => false }); }
