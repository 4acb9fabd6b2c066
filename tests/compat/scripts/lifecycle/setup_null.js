// null stays null.
import { show } from '../lib.js';
export function setup() { return null; }
export default function (data) { show(data === null); }
export function teardown(data) { show(data === null); }
