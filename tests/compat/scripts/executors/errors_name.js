// A bad name.
export const options = { scenarios: { 'a b': { executor: 'constant-vus', vus: 1, duration: '1s' } } };
export default function () {}
