// k6/execution: vu.
import exec from 'k6/execution';
import { show } from '../lib.js';
export const options = { iterations: 2 };
export default function () {
  show(exec.vu.idInInstance, exec.vu.idInTest, exec.vu.iterationInInstance, exec.vu.iterationInScenario, __VU, __ITER);
  show(Object.keys(exec).sort(), typeof exec.vu.tags, typeof exec.vu.metrics.tags, typeof exec.vu.metrics.metadata);
}
