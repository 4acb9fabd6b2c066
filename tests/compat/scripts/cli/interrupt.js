// SIGINT: teardown and summary, exit 105.
// signal: INT started
// compare: log metrics
// loose: iterations iteration_duration
import { sleep } from 'k6';
export const options = { vus: 1, duration: '20s' };
export default function () {
  if (__ITER === 1) console.log('started');
  sleep(0.2);
}
export function teardown() { console.log('teardown'); }
export function handleSummary() { console.log('summary'); return {}; }
