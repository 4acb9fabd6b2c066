// gracefulStop 0s cuts: nothing of the cut iterations is counted.
// order: any
// compare: log metrics
import { sleep } from 'k6';
export const options = { scenarios: { cv: { executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s' } } };
export default function () { console.log('begun', __ITER); sleep(0.6); }
