// http.file: a multipart body.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const file = http.file('content', 'a.txt', 'text/plain');
  show(file.data, file.filename, file.content_type, http.file('x').content_type, /^\d+$/.test(http.file('x').filename));
  const r = http.post(`${__ENV.HTTP}/post`, { field: 'value', upload: file, bytes: http.file(new Uint8Array([104, 105]).buffer, 'b "q".bin') });
  const j = r.json();
  const type = j.headers['Content-Type'];
  const boundary = type.split('boundary=')[1];
  show(type.replace(boundary, 'BOUNDARY'), boundary.length > 10);
  const parts = j.body.split(`--${boundary}`).map((part) => part.trim()).filter((part) => part && part !== '--').sort();
  show(parts);
}
