// ramping-arrival-rate: starts by the integral of the rate.
// compare: log metrics plan
import exec from 'k6/execution';
import { show } from '../lib.js';
export const options = { scenarios: { ra: { executor: 'ramping-arrival-rate', startRate: 0, timeUnit: '1s', stages: [{ duration: '1s', target: 19 }], preAllocatedVUs: 4 } } };
export default function () {
  const n = exec.scenario.iterationInTest + 1;
  const ms = exec.scenario.progress * 1000;
  const want = Math.sqrt((n * 2) / 19) * 1000;
  if (Math.abs(ms - want) > 150) show('start', n, 'at', ms, 'should be at', want);
}
