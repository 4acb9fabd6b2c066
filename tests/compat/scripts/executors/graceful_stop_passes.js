// gracefulStop bounds the waiting.
// compare: log metrics stdout
import { sleep } from 'k6';
export const options = { scenarios: { cv: { executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '500ms' } } };
export default function () { sleep(__VU === 1 ? 1.2 : 9); }
