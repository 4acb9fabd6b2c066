// k6 inspect: the options as JSON.
// argv: k6 inspect {script}
// compare: log stdout
export const options = { vus: 2, duration: '3s', thresholds: { checks: ['rate>0.9'] }, tags: { a: 'b' } };
export default function () {}
