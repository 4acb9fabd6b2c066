// SIGTERM: the same.
// signal: TERM 0.7
// compare: log
import { sleep } from 'k6';
export const options = { vus: 1, duration: '20s' };
export default function () { sleep(30); }
export function teardown() { console.log('teardown'); }
