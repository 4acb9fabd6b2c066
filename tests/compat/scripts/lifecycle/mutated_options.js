// Options may be computed; the consolidated ones are written back.
// args: --vus 2 --iterations 4
// order: any
import { show } from '../lib.js';
export const options = Object.assign({}, { vus: Number('3'), iterations: 3, tags: { a: 'b' } });
export default function () { show(options.vus, options.iterations, options.tags, Object.keys(options).length > 3); }
