// startTime, and the order of the list.
// compare: stdout metrics log
import exec from 'k6/execution';
import { about, show } from '../lib.js';
export const options = {
  scenarios: {
    second: { executor: 'per-vu-iterations', startTime: '500ms', exec: 'late' },
    first: { executor: 'per-vu-iterations' },
  },
};
export default function () { show('early', exec.instance.currentTestRunDuration < 300); }
export function late() { show('late', about(exec.instance.currentTestRunDuration, 500, 200)); }
