// Negative times.
export const options = { scenarios: { x: { executor: 'constant-vus', vus: 1, duration: '1s', startTime: '-1s', gracefulStop: '-1s' } } };
export default function () {}
