// An unknown key of a scenario is fatal.
export const options = { scenarios: { x: { executor: 'constant-vus', vus: 1, duration: '1s', nope: 1 } } };
export default function () {}
