// CommonJS and ES modules import each other.
import common, { value } from './files/common.js';
import { show } from '../lib.js';
export default function () { show(value, common.twice(2), require === undefined); }
