// constant-arrival-rate: ticks from t=0, whatever the responses take.
// compare: log metrics stdout
// loose: iteration_duration
import { sleep } from 'k6';
export const options = { scenarios: { ca: { executor: 'constant-arrival-rate', rate: 10, timeUnit: '1s', duration: '1050ms', preAllocatedVUs: 5 } } };
export default function () { sleep(0.25); }
