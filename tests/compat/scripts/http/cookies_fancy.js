// Attributes of cookies.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/cookies/fancy`);
  show(r.cookies);
  show(http.cookieJar().cookiesForURL(`${__ENV.HTTP}/cookies/x`), http.cookieJar().cookiesForURL(`${__ENV.HTTP}/other`));
}
