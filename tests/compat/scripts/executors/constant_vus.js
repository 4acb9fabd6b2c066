// constant-vus: running iterations are finished.
// compare: stdout metrics
// loose: iteration_duration
import { sleep } from 'k6';
export const options = { scenarios: { cv: { executor: 'constant-vus', vus: 3, duration: '1s', gracefulStop: '3s' } } };
export default function () { sleep(0.6); }
