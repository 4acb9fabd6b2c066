// Basic authentication by the URL and by a header; the name hides it.
// compare: log metrics json
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const base = __ENV.HTTP.replace('http://', '');
  const r = http.get(`http://user:pass@${base}/basic-auth/user/pass`);
  show(r.status, r.json(), r.url, r.request.url);
  show(http.get(`http://user:wrong@${base}/basic-auth/user/pass`).status);
  show(http.get(`http://u:p@${base}/basic-auth/u/p`, { auth: 'basic' }).status);
  show(http.get(`http://user@${base}/basic-auth/user/`).status, http.get(`http://:pass@${base}/basic-auth//pass`).status);
  show(http.get(`${__ENV.HTTP}/bearer`, { headers: { Authorization: 'Bearer abc' } }).json('token'));
}
