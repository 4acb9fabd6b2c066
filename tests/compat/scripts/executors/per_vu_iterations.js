// per-vu-iterations.
// compare: stdout metrics
export const options = { scenarios: { pv: { executor: 'per-vu-iterations', vus: 3, iterations: 4 } } };
export default function () {}
