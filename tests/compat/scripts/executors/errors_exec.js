// A function that is not exported.
export const options = { scenarios: { x: { executor: 'constant-vus', vus: 1, duration: '1s', exec: 'nope' } } };
export default function () {}
