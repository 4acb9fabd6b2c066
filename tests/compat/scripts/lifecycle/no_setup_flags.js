// --no-setup and --no-teardown.
// args: --no-setup --no-teardown
import { show } from '../lib.js';
export function setup() { console.log('never'); return 1; }
export default function (data) { show(data); }
export function teardown() { console.log('never'); }
