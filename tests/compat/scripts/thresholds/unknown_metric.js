// A metric that does not exist.
export const options = { thresholds: { nope: ['count>1'] } };
export default function () {}
