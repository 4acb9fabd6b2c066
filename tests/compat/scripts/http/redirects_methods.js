// Which method and body a redirect goes on with.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const target = encodeURIComponent('/anything');
  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'POST', 'PUT', 'HEAD']) {
      const r = http.request(method, `${__ENV.HTTP}/redirect-to?status=${status}&url=${target}`, method === 'POST' || method === 'PUT' ? 'body' : null, { headers: { 'X-Kept': '1', Authorization: 'Bearer t' } });
      if (method === 'HEAD') show(status, method, r.status, r.request.method);
      else show(status, method, r.json('method'), r.json('body'), r.json('headers'));
    }
  }
}
