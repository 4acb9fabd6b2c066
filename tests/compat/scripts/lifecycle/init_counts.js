// Top-level code runs once to read the exports, once per VU, once for setup, teardown and summary each.
// order: any
import { Counter } from 'k6/metrics';
export const options = { vus: 2, iterations: 2 };
const unused = new Counter('unused');
console.log('init of VU', __VU === 0 ? 'zero' : 'some');
export function setup() { console.log('setup', __VU); }
export default function () { console.log('iteration', typeof __ITER); }
export function teardown() { console.log('teardown', __VU); }
