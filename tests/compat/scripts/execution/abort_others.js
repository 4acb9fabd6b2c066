// Aborting stops the other VUs at once.
// compare: log metrics
import exec from 'k6/execution';
import { sleep } from 'k6';
export const options = { scenarios: { a: { executor: 'constant-vus', vus: 2, duration: '20s' } } };
export default function () {
  if (__VU === 1) { sleep(0.2); exec.test.abort('now'); }
  sleep(15);
}
export function teardown() { console.log('teardown'); }
