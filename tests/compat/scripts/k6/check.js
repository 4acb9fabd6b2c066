// check(): one sample per name, truthiness, result, tags.
// compare: log metrics json
import { check } from 'k6';
import { show } from '../lib.js';
export default function () {
  show(check(5, { 'is five': (v) => v === 5, 'is odd': (v) => v % 2 }));
  show(check('x', { fails: () => false, passes: () => true }));
  show(check(null, { literal: true, zero: 0, empty: '', text: 'yes', none: null, nothing: undefined, object: {} }));
  show(check(1, { tagged: () => true }, { extra: 'tag', n: 5 }));
  show(check(1, {}));
}
