// What check() refuses.
import { check } from 'k6';
import { attempt } from '../lib.js';
export default function () {
  attempt('colons', () => check(1, { 'a::b': () => true }));
  attempt('async', () => check(1, { a: async () => true }));
  attempt('no sets', () => check(1));
}
