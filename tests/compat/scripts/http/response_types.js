// responseType: text, binary, none.
import http from 'k6/http';
import { attempt, show } from '../lib.js';
export default function () {
  const url = `${__ENV.HTTP}/bytes/260`;
  const binary = http.get(url, { responseType: 'binary' });
  show(binary.body instanceof ArrayBuffer, binary.body.byteLength, new Uint8Array(binary.body)[255]);
  show(http.get(url, { responseType: 'none' }).body, http.get(`${__ENV.HTTP}/utf8`, { responseType: 'text' }).body, http.get(`${__ENV.HTTP}/utf8`).body.length);
  attempt('json of none', () => http.get(url, { responseType: 'none' }).json());
  show(http.get(`${__ENV.HTTP}/json`, { responseType: 'binary' }).json('age'));
  show(http.get(url, { responseType: 'nope' }).status);
}
