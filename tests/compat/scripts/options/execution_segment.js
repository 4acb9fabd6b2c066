// executionSegment scales VUs and iterations.
// args: --execution-segment 0:1/2
// compare: stdout metrics
export const options = { scenarios: { s: { executor: 'shared-iterations', vus: 4, iterations: 10 } } };
export default function () {}
