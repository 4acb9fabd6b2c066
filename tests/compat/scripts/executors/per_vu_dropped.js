// Each VU drops its own remainder.
// compare: log metrics
import { sleep } from 'k6';
export const options = { scenarios: { pv: { executor: 'per-vu-iterations', vus: 2, iterations: 5, maxDuration: '1s' } } };
export default function () { sleep(0.6); }
