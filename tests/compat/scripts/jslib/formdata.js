// FormData: a multipart body by hand.
// golden: by hand
import { FormData } from 'https://jslib.k6.io/formdata/0.0.2/index.js';
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const form = new FormData();
  form.append('text', 'value');
  form.append('file', http.file('content', 'a.txt', 'text/plain'));
  const r = http.post(`${__ENV.HTTP}/post`, form.body(), { headers: { 'Content-Type': `multipart/form-data; boundary=${form.boundary}` } });
  const body = r.json('body');
  show(body.includes('name="text"'), body.includes('filename="a.txt"'), body.includes('content'), r.json('headers.Content-Type').startsWith('multipart/form-data'));
}
