// open(): relative to the entry script; text and bytes.
import { show } from '../lib.js';
import { opened } from './files/opener.js';
const text = open('./files/data.txt');
const bytes = open('./files/data.txt', 'b');
const json = JSON.parse(open('files/data.json'));
export default function () {
  show(text, text.length, bytes instanceof ArrayBuffer, bytes.byteLength, json, opened);
}
