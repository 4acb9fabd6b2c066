// A name that a built-in module does not have is undefined, not an error.
import { nope } from 'k6/http';
export default function () { console.log(typeof nope); }
