// Aborting in teardown.
import exec from 'k6/execution';
export default function () { console.log('iteration'); }
export function teardown() { exec.test.abort(); }
