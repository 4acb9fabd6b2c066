// Setup data that is not an object.
import { show } from '../lib.js';
export function setup() { return 'just text'; }
export default function (data) { show(typeof data, data); }
export function teardown(data) { show(typeof data, data); }
