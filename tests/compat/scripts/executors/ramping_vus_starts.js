// Ramping up to 4 in 1 s: a VU each 250 ms, the first at 250 ms.
// order: any
import { sleep } from 'k6';
import exec from 'k6/execution';
import { show } from '../lib.js';
export const options = { scenarios: { rv: { executor: 'ramping-vus', startVUs: 1, stages: [{ duration: '1s', target: 5 }], gracefulRampDown: '0s', gracefulStop: '0s' } } };
export default function () {
  const ms = exec.scenario.progress * 1000;
  show('started near', Math.round(ms / 250) * 250);
  sleep(30);
}
