// abortOnFail stops the run at a tick of 2 s; teardown runs.
// compare: log metrics
// loose: iterations my_counter iteration_duration
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
const counter = new Counter('my_counter');
export const options = { vus: 1, duration: '20s', thresholds: { my_counter: [{ threshold: 'count<1', abortOnFail: true }] } };
export default function () { counter.add(2); sleep(0.1); }
export function teardown() { console.log('teardown'); }
