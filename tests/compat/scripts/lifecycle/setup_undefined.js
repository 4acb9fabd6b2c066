// Without a result of setup, data is undefined.
import { show } from '../lib.js';
export function setup() {}
export default function (data) { show(data === undefined, arguments.length); }
export function teardown(data) { show(data === undefined, arguments.length); }
