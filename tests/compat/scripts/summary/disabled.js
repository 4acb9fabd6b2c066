// --summary-mode disabled: none, and no handleSummary.
// args: --summary-mode disabled
// compare: stdout log
export default function () {}
export function handleSummary() { console.log('never'); return { stdout: 'never' }; }
