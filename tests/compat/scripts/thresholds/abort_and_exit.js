// A failed threshold and test.abort: the earlier error wins.
import exec from 'k6/execution';
export const options = { thresholds: { iterations: ['count<1'] } };
export default function () { exec.test.abort('first'); }
