// The stack of an exception.
function inner(a) {
  if (a) throw new RangeError(`deep ${a}`);
}
const object = { method() { inner(3); } };
class Klass { go() { object.method(); } }
export default function () {
  new Klass().go();
}
