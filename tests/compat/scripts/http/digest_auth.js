// Digest authentication: two requests, of which the first is expected to fail.
// compare: log metrics json
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const base = __ENV.HTTP.replace('http://', '');
  const r = http.get(`http://user:pass@${base}/digest-auth/auth/user/pass`, { auth: 'digest' });
  show(r.status, r.json());
  show(http.post(`http://user:wrong@${base}/digest-auth/auth/user/pass`, 'x', { auth: 'digest' }).status);
}
