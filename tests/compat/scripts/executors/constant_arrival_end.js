// The tick that falls exactly on the end still fires.
// compare: metrics
// loose: iteration_duration
export const options = { scenarios: { ca: { executor: 'constant-arrival-rate', rate: 5, timeUnit: '1s', duration: '1s', preAllocatedVUs: 2 } } };
export default function () {}
