// A loop in JavaScript can be interrupted.
// compare: log metrics
export const options = { scenarios: { b: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
export default function () { for (;;) {} }
