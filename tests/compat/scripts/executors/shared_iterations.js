// shared-iterations.
// compare: stdout metrics
export const options = { scenarios: { sh: { executor: 'shared-iterations', vus: 3, iterations: 7, maxDuration: '20s', gracefulStop: '5s' } } };
export default function () {}
