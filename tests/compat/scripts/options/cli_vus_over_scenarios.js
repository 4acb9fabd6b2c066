// --vus alone and scenarios of the script.
// args: --vus 2
// compare: log stdout metrics
export const options = { scenarios: { x: { executor: 'per-vu-iterations', vus: 1, iterations: 5 } } };
export default function () {}
