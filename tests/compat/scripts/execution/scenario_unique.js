// iterationInTest is unique over the VUs of a scenario and counts from 0.
// order: any
import exec from 'k6/execution';
export const options = { scenarios: { a: { executor: 'shared-iterations', vus: 3, iterations: 9 }, b: { executor: 'per-vu-iterations', vus: 1, iterations: 2 } } };
export default function () { console.log(exec.scenario.name, exec.scenario.iterationInTest); }
