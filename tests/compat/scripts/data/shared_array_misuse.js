// What SharedArray refuses.
import { SharedArray } from 'k6/data';
import { attempt } from '../lib.js';
if (__VU === 1) {
  attempt('no function', () => new SharedArray('a'));
  attempt('no name', () => new SharedArray('', () => [1]));
  attempt('no array', () => new SharedArray('b', () => ({})));
  attempt('async', () => new SharedArray('c', async () => [1]));
  attempt('throws', () => new SharedArray('d', () => { throw new Error('inside'); }));
}
export default function () {}
