// timeUnit; 120 per minute is 2 per second.
// compare: metrics stdout
export const options = { scenarios: { ca: { executor: 'constant-arrival-rate', rate: 120, timeUnit: '1m', duration: '1400ms', preAllocatedVUs: 1, maxVUs: 3 } } };
export default function () {}
