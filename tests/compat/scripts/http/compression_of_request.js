// The parameter compression packs the body.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const compression of ['gzip', 'deflate', 'gzip, deflate']) {
    show(compression, http.post(`${__ENV.HTTP}/inflate`, 'pack me, pack me, pack me', { compression, headers: { 'Content-Type': 'text/plain' } }).json());
  }
  const r = http.post(`${__ENV.HTTP}/inflate`, 'x', { compression: 'nope' });
  show(r.status, r.error);
}
