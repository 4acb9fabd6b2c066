// An exception in init code.
// skip-log: ReferenceError
nope();
export default function () {}
