// Bad stages.
export const options = { scenarios: { x: { executor: 'ramping-vus', startVUs: -1, stages: [{ duration: '1s' }, { target: -2, duration: '-1s' }] } } };
export default function () {}
