// test.fail() marks the run, which goes on; exit 110.
// compare: log metrics
import exec from 'k6/execution';
export const options = { iterations: 2 };
export default function () { exec.test.fail(`because ${__ITER}`); console.log('goes on'); }
