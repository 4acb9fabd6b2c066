// handleSummary may be async.
// compare: log stdout
export default function () {}
export async function handleSummary(data) {
  await Promise.resolve();
  return { stdout: 'from a promise\n' };
}
