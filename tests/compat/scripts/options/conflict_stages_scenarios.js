// stages and scenarios in one layer.
export const options = { stages: [{ duration: '1s', target: 1 }], scenarios: { x: { executor: 'constant-vus', vus: 1, duration: '1s' } } };
export default function () {}
