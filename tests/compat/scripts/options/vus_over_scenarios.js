// vus alone overrides scenarios, with a warning.
// compare: log stdout metrics
export const options = { vus: 2, scenarios: { x: { executor: 'per-vu-iterations', vus: 1, iterations: 5 } } };
export default function () {}
