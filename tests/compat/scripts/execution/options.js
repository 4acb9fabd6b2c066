// test.options: the consolidated ones, shortcuts replaced by scenarios, frozen.
import exec from 'k6/execution';
import { show } from '../lib.js';
export const options = { vus: 1, iterations: 2, thresholds: { http_reqs: ['count>=0'] }, tags: { a: 'b' }, userAgent: 'me', setupTimeout: '5s' };
export default function () {
  if (__ITER) return;
  const o = exec.test.options;
  show(o.scenarios, o.thresholds, o.tags, o.userAgent, o.setupTimeout, o.vus, o.iterations, o.rps, Object.isFrozen(o));
  show(Object.keys(o).sort());
}
