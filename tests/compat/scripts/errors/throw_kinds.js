// What is thrown is logged with the place; the iteration counts, the VU goes on, the exit code is 0.
// compare: log metrics
class Mine extends Error { constructor(message) { super(message); this.name = 'Mine'; } }
const things = [new Error('an error'), 'a string', 42, null, undefined, { a: 1 }, new TypeError('typed'), [1, 2], true];
export const options = { iterations: 10 };
export default function () {
  if (__ITER < things.length) throw things[__ITER];
  console.log('still here');
}
