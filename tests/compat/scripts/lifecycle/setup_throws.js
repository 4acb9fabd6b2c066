// An exception in setup ends the run: no iterations, no teardown; the summary is made.
// compare: log metrics
export function setup() { throw new Error('setup boom'); }
export default function () { console.log('never'); }
export function teardown() { console.log('never'); }
export function handleSummary(data) {
  console.log('summary', Object.keys(data.metrics).sort().join(' '));
  return {};
}
