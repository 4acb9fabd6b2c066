// papaparse.
// golden: by hand
import papaparse from 'https://jslib.k6.io/papaparse/5.1.1/index.js';
import { SharedArray } from 'k6/data';
import { show } from '../lib.js';
const rows = new SharedArray('rows', () => papaparse.parse(open('./files/people.csv'), { header: true, skipEmptyLines: true }).data);
export default function () { show(rows.length, rows[0], rows[1], papaparse.parse('a;b\n1;2').data); }
