// A data file, read once.
import { SharedArray } from 'k6/data';
import { show } from '../lib.js';
const rows = new SharedArray('rows', () => open('./files/rows.csv').trim().split('\n').slice(1).map((line) => line.split(',')));
export default function () { show(rows.length, rows[1], rows.map((row) => row[0])); }
