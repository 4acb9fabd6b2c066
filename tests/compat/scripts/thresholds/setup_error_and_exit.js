// A failed threshold and an exception in setup.
export const options = { thresholds: { checks: ['rate>2'], iterations: ['count>5'] } };
export function setup() { throw new Error('setup boom'); }
export default function () {}
