// --no-thresholds.
// args: --no-thresholds
// compare: log metrics stdout
export const options = { thresholds: { iterations: ['count<1'] } };
export default function () {}
