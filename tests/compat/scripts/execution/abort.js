// test.abort() cannot be caught; teardown and summary still run; exit 108.
// compare: log metrics
import exec from 'k6/execution';
export const options = { iterations: 5 };
export default function () {
  try { exec.test.abort('enough'); } catch (error) { console.log('never'); } finally { console.log('never'); }
}
export function teardown() { console.log('teardown'); }
