// Cookies: every user has a jar, which is emptied at the start of each iteration (unless noCookiesReset is set).
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 2, iterations: 4 };

export default function () {
  check(http.get(`${base}/demo/page`), { 'a stranger at first': (r) => r.body.includes('Hello, stranger') });

  // What the server sets goes into the jar, and with every later request of this iteration to the server.
  const login = http.post(`${base}/login`, { username: 'kettle' });
  check(login, { 'a session was set': (r) => r.cookies.session[0].value.length === 32 && r.cookies.session[0].http_only });
  check(http.get(`${base}/demo/page`), { 'known after the login': (r) => r.body.includes('Welcome back') });

  // The jar can be read and written.
  const jar = http.cookieJar();
  check(jar.cookiesForURL(base), { 'the jar has both': (cookies) => 'session' in cookies && 'userId' in cookies });
  jar.set(base, 'flavour', 'assam', { path: '/', max_age: 600 });
  check(jar.cookiesForURL(base), { 'a third one': (cookies) => cookies.flavour[0] === 'assam' });

  // For one request only, instead of the one in the jar.
  const other = http.get(`${base}/demo/page`, { cookies: { session: { value: 'mine', replace: true } } });
  check(other, { 'replaced for one request': (r) => r.request.cookies.session[0].value === 'mine' });

  // A jar of its own, empty: as if somebody else asked.
  const empty = http.get(`${base}/demo/page`, { jar: new http.CookieJar() });
  check(empty, { 'a stranger with an empty jar': (r) => r.body.includes('Hello, stranger') });
}
