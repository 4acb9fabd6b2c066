// Imports: relative to the importing file, names, defaults, namespaces, cycles; each module once per VU.
import { show } from '../lib.js';
import thing, { named, counter, increase } from './files/module_a.js';
import * as all from './files/module_a.js';
import { fromB } from './files/deep/module_b.js';
export default function () {
  show(thing, named, fromB, Object.keys(all).sort());
  increase();
  show(counter, all.counter);
}
