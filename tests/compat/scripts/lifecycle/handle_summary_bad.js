// Results that are neither text nor bytes.
// skip-log: int64
export default function () {}
export function handleSummary() { return { stdout: 5 }; }
