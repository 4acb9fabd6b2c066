// A password with escapes: what the tags hide of it.
// compare: log json
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`http://user:pa%20ss@${__ENV.HTTP.replace('http://', '')}/basic-auth/user/pa%20ss`);
  show(r.status, r.json(), r.url, r.request.url);
}
