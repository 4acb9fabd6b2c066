// URLs that need care.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const tail of ['', '/', '?q=1', '/anything?q=a b', '/anything/a b', '/anything?q=ü', '/anything#frag', '/anything?a=1#frag', '/anything/%2Fescaped', '/anything?x=%7B%7D', '/anything?{a}', '/anything//double', '/anything/../anything/x']) {
    const r = http.get(`${__ENV.HTTP}${tail}`);
    show(tail, r.status, r.url, tail.startsWith('/anything') ? [r.json('path'), r.json('query')] : '');
  }
  show(http.get(`${__ENV.HTTP.toUpperCase()}/anything`).json('headers.Host').toLowerCase());
}
