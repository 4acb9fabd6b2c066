// Host names beyond ASCII.
// compare: log json
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { hosts: { 'xn--bcher-kva.test': '127.0.0.1', 'xn--fa-hia.test': '127.0.0.1', 'xn--n3h.test': '127.0.0.1', 'xn--wgv71a.test': '127.0.0.1' } };
export default function () {
  for (const host of ['bücher.test', 'b%C3%BCcher.test', 'faß.test', '☃.test', '日本.test', 'xn--bcher-kva.test', 'XN--BCHER-KVA.test']) {
    const r = http.get(`http://${host}:${__ENV.HTTP_PORT}/cookies/set?a=1`, { redirects: 0 });
    show(host, r.status, r.error, r.url, r.request.url, Object.keys(http.cookieJar().cookiesForURL(`http://xn--bcher-kva.test:${__ENV.HTTP_PORT}/`)));
    const seen = http.get(`http://${host}:${__ENV.HTTP_PORT}/anything`);
    show(seen.json('headers.Host'), seen.json('headers.Cookie'));
  }
}
