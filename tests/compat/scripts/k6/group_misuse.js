// What group() refuses.
import { group } from 'k6';
import { attempt } from '../lib.js';
export default function () {
  attempt('colons', () => group('a::b', () => 1));
  attempt('async', () => group('a', async () => 1));
  attempt('no function', () => group('a'));
}
