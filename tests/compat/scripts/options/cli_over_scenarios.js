// A higher layer wipes the scenarios of a lower one.
// args: --iterations 2
// compare: log stdout metrics
export const options = { scenarios: { x: { executor: 'per-vu-iterations', vus: 1, iterations: 5 } } };
export default function () {}
