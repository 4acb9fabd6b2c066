// All that is wrong with a scenario is told at once.
export const options = { scenarios: { x: { executor: 'per-vu-iterations', vus: -1, iterations: 0, maxDuration: '0s' } } };
export default function () {}
