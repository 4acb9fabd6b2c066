// k6 inspect --execution-requirements.
// argv: k6 inspect --execution-requirements {script}
// compare: log stdout
export const options = { scenarios: { a: { executor: 'constant-vus', vus: 3, duration: '10s' } } };
export default function () {}
