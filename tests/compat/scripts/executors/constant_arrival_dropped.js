// No free VU: the iteration is dropped, and there is one warning.
// compare: log metrics
// loose: iteration_duration
import { sleep } from 'k6';
export const options = { scenarios: { ca: { executor: 'constant-arrival-rate', rate: 10, duration: '1050ms', preAllocatedVUs: 2, maxVUs: 2, gracefulStop: '3s' } } };
export default function () { sleep(1.5); }
