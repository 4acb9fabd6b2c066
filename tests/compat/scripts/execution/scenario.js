// k6/execution: scenario.
import exec from 'k6/execution';
import { near, show } from '../lib.js';
export const options = { scenarios: { mine: { executor: 'per-vu-iterations', vus: 1, iterations: 3, maxDuration: '10s' } } };
export default function () {
  show(exec.scenario.name, exec.scenario.executor, exec.scenario.iterationInInstance, exec.scenario.iterationInTest);
  show(near(exec.scenario.startTime, Date.now(), 1000), near(exec.scenario.progress, __ITER / 3, 0.34));
}
