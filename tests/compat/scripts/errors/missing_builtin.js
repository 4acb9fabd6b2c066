// A built-in module that does not exist.
import x from 'k6/nope';
export default function () {}
