// The same from the script.
// compare: stdout metrics
export const options = { vus: 2 };
export default function () {}
