// What maxDuration leaves over is dropped_iterations.
// compare: log metrics
// loose: iteration_duration
import { sleep } from 'k6';
export const options = { scenarios: { sh: { executor: 'shared-iterations', vus: 2, iterations: 10, maxDuration: '1s', gracefulStop: '2s' } } };
export default function () { sleep(0.7); }
