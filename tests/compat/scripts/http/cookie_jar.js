// CookieJar: set, look up, delete, clear; jars of one's own.
import http from 'k6/http';
import { attempt, show } from '../lib.js';
const early = new http.CookieJar();
early.set('http://a.test/', 'early', '1');
export default function () {
  const url = __ENV.HTTP;
  const jar = http.cookieJar();
  show(jar.set(url, 'one', '1'), jar.set(`${url}/deep/`, 'path', '2', { path: '/deep' }), jar.set(url, 'old', '3', { max_age: 60, http_only: true }));
  show(jar.cookiesForURL(url), jar.cookiesForURL(`${url}/deep/er`), http.get(`${url}/cookies`).json('cookies'));
  jar.delete(url, 'one');
  show(jar.cookiesForURL(url));
  jar.set(url, 'domained', '4', { domain: 'localhost', expires: 'Mon, 01 Jan 2091 00:00:00 GMT' });
  jar.set(url, 'past', '5', { expires: 'Mon, 01 Jan 2001 00:00:00 GMT' });
  jar.set(url, 'secret', '6', { secure: true });
  show(jar.cookiesForURL(url), jar.cookiesForURL(__ENV.HTTPS));
  jar.clear(url);
  show(jar.cookiesForURL(url), early.cookiesForURL('http://a.test/'));
  const own = new http.CookieJar();
  own.set(url, 'mine', 'yes');
  show(http.get(`${url}/cookies`, { jar: own }).json('cookies'), http.get(`${url}/cookies`).json('cookies'));
  http.get(`${url}/cookies/set?fresh=1`, { jar: own });
  show(own.cookiesForURL(url), jar.cookiesForURL(url));
}
