// k6/execution: instance.
import exec from 'k6/execution';
import { attempt, show } from '../lib.js';
export const options = { scenarios: { mine: { executor: 'per-vu-iterations', vus: 1, iterations: 2 } } };
export default function () {
  const i = exec.instance;
  show(i.iterationsCompleted, i.iterationsInterrupted, i.vusActive, i.vusInitialized, i.currentTestRunDuration >= 0);
}
export function teardown() { attempt('teardown', () => exec.instance.iterationsCompleted); }
