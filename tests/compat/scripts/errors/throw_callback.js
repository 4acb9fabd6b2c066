// Out of a callback of a built-in function.
export default function () {
  [1].forEach(function each() { throw new Error('in a callback'); });
}
