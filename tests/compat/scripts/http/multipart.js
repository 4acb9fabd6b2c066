// http.file: a multipart body.
import http from 'k6/http';
import { attempt, show } from '../lib.js';
export default function () {
  const file = http.file('content', 'a.txt', 'text/plain');
  show(file.data, file.filename, file.content_type, http.file('x').content_type, /^\d+$/.test(http.file('x').filename));
  show(Object.keys(file), file, http.file(new Uint8Array([104, 105]).buffer).data.byteLength);
  for (const odd of [undefined, null, 5, [1], { a: 1 }, true]) {
    attempt(typeof odd, () => http.file(odd));
  }
  const r = http.post(`${__ENV.HTTP}/post`, { field: 'value', upload: file, bytes: http.file(new Uint8Array([104, 105]).buffer, 'b "q".bin') });
  const j = r.json();
  const type = j.headers['Content-Type'];
  const boundary = type.split('boundary=')[1];
  show(type.replace(boundary, 'BOUNDARY'), boundary.length > 10);
  const parts = j.body.split(`--${boundary}`).map((part) => part.trim()).filter((part) => part && part !== '--').sort();
  show(parts);
}
