// discardResponseBodies; a request may ask for its body all the same.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { discardResponseBodies: true };
export default function () {
  show(http.get(`${__ENV.HTTP}/json`).body);
  show(http.get(`${__ENV.HTTP}/json`, { responseType: 'text' }).json('age'));
  show(http.get(`${__ENV.HTTP}/bytes/4`, { responseType: 'binary' }).body.byteLength);
}
