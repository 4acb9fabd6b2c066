// The namespace of a built-in module has no default; a name that it does not have is undefined, in several imports of one file.
import http, { nope, get } from 'k6/http';
import { neither } from 'k6/http';
import * as checks from 'k6';
import { never } from 'k6/encoding';
import { show } from '../lib.js';
export default function () {
  show(typeof http, typeof nope, typeof get, typeof neither);
  show(Object.keys(checks).sort(), typeof checks.default, 'default' in checks, typeof checks.nope, never === null || never === undefined);
}
