// Module state belongs to a VU and lasts over its iterations; __ITER counts from 0.
// order: any
import { show } from '../lib.js';
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 3 } } };
let count = 0;
export default function () {
  count += 1;
  show(__VU, count, __ITER);
}
