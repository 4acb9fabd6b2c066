// When handleSummary throws, the built-in summary is shown.
// compare: log stdout
export default function () {}
export function handleSummary() { throw new Error('summary boom'); }
