// Cookies of one request.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const sent = (cookies) => { const r = http.get(`${__ENV.HTTP}/cookies`, { cookies }); show(r.json('cookies'), r.request.cookies); };
  sent({ a: 'b', n: 5 });
  sent({});
  http.cookieJar().set(__ENV.HTTP, 'a', 'jar');
  sent({ a: { value: 'replaced', replace: true }, c: { value: 'd' } });
  sent({ x: 'y' });
  show(http.get(`${__ENV.HTTP}/head-of`, { cookies: { a: 'both' } }).body.split('\n').filter((line) => line.startsWith('Cookie')));
}
