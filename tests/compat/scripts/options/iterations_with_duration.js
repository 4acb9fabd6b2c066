// iterations and duration together: the duration is the maximum.
// compare: stdout metrics
export const options = { vus: 2, iterations: 4, duration: '5s' };
export default function () {}
