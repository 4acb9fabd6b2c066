// What setup returns goes through JSON: each VU has a copy of its own, parsed once; teardown has a fresh one.
// compare: log metrics
import { show } from '../lib.js';
export const options = { vus: 1, iterations: 3 };
export function setup() {
  return { n: 1, list: [1, 'two', null], nested: { deep: true }, missing: undefined, text: 'größe' };
}
export default function (data) {
  show('iteration', data, typeof data.missing, 'missing' in data);
  data.n += 1;
}
export function teardown(data) { show('teardown', data); }
