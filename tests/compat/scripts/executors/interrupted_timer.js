// A timer that is cut off is mentioned.
export const options = { scenarios: { b: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
export default function () { setTimeout(() => console.log('never'), 20000); }
