// Own keys only, in their order; arrays and strings as values.
// compare: log metrics
import { check } from 'k6';
import { show } from '../lib.js';
export default function () {
  const sets = Object.create({ inherited: () => false });
  sets.z = () => true;
  sets.a = () => true;
  show(check(undefined, sets));
  show(check([1, 2], { 'has two': (list) => list.length === 2 }));
}
