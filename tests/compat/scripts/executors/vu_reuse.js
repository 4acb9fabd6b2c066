// VUs go back to a pool and keep their state.
import exec from 'k6/execution';
import { show } from '../lib.js';
export const options = {
  scenarios: {
    one: { executor: 'per-vu-iterations', vus: 1, iterations: 2, maxDuration: '1s', gracefulStop: '0s' },
    two: { executor: 'per-vu-iterations', vus: 1, iterations: 2, startTime: '1s', maxDuration: '1s', exec: 'again' },
  },
};
let calls = 0;
export default function () { calls += 1; show('one', __VU, __ITER, calls, exec.vu.iterationInScenario, exec.vu.iterationInInstance); }
export function again() { calls += 1; show('two', __VU, __ITER, calls, exec.vu.iterationInScenario, exec.vu.iterationInInstance); }
