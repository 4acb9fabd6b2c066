// A module that is not there.
import x from './nope.js';
export default function () {}
