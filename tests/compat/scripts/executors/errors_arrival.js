// An arrival rate without anything.
export const options = { scenarios: { x: { executor: 'constant-arrival-rate' } } };
export default function () {}
