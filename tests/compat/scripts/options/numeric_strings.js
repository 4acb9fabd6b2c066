// Integers may come as text; empty text is unset.
// compare: stdout metrics
export const options = { vus: '2', iterations: '4', rps: '', batch: null, maxRedirects: undefined };
export default function () {}
