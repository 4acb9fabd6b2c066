// An exception in teardown: exit 107 after the run.
// compare: log metrics
export default function () { console.log('iteration'); }
export function teardown() { throw new Error('teardown boom'); }
