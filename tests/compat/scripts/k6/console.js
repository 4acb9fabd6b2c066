// console: levels and how values are shown.
import { show } from '../lib.js';
class Point { constructor() { this.x = 1; } }
export default function () {
  console.log('text', 1, true, null, undefined, 1.5, 1e21, -0, NaN, Infinity, 10n);
  console.info('info'); console.warn('warning'); console.error('error'); console.debug('not shown without -v');
  console.log(); console.log(''); console.log('a%sb', 'x');
  console.log({ a: 1, b: 'x', c: [1, 'y', { d: null }] }, [], {}, [[1, [2]]]);
  console.log({ u: undefined, n: NaN, i: Infinity, f() {}, 'a b': 1, 3: 4 });
  console.log([undefined, null, NaN, 'text', () => 1]);
  console.log(() => 1, function named() {}, Point);
  console.log(new Date(0), { when: new Date(0) }, /re/g, new Map([[1, 2]]), new Set([1]), Symbol('s'));
  console.log(new Error('wrong'), { inside: new TypeError('typed') }, [new RangeError('r')]);
  console.log(new Uint8Array([1, 2, 3]), new Float64Array([1.5]), new Uint8Array([1, 255]).buffer);
  const cycle = { a: 1 }; cycle.self = cycle; console.log(cycle);
  console.log(new Point(), Object.create(null), new Array(3), Promise.resolve(1));
  console.log('two\nlines', 'tab\t"quoted" \\', 'ümlaut 🎉');
  console.log(new String('boxed'), new Number(5), Object('x'));
}
