// SIGTERM: the same.
// signal: TERM started
// compare: log
import { sleep } from 'k6';
export const options = { vus: 1, duration: '20s' };
export default function () {
  console.log('started');
  sleep(30);
}
export function teardown() { console.log('teardown'); }
