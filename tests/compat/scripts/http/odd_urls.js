// URLs that need care.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const tail of ['', '/', '?q=1', '/anything?q=a b', '/anything/a b', '/anything?q=ü', '/anything#frag', '/anything?a=1#frag', '/anything/%2Fescaped', '/anything?x=%7B%7D', '/anything?{a}', '/anything//double', '/anything/../anything/x', '/anything/a"<>\\^{|}[]!$&\'()*+,;=:@ %41%2f', '/anything/[]!\'()*', '/anything/ü', '/anything#a b', '/anything?#', '/anything?']) {
    const r = http.get(`${__ENV.HTTP}${tail}`);
    show(tail, r.status, r.url, tail.startsWith('/anything') ? [r.json('path'), r.json('query')] : '');
  }
  show(http.get(`${__ENV.HTTP.toUpperCase()}/anything`).json('headers.Host').toLowerCase());
  const plain = __ENV.HTTP.replace('http://', '');
  for (const url of [`http://user@${plain}/anything`, `http://u:p@${plain}/anything/a b?c d#e f`, `http://u:@${plain}/anything`, `http://a:b:c@${plain}/anything`, `http://@${plain}/anything`,
    `HTTP://LocalHost:${__ENV.HTTP_PORT}/anything`, `http://user:secret@127.0.0.1:${__ENV.REFUSED.split(':')[2]}/x y`, `http://user@127.0.0.1:${__ENV.REFUSED.split(':')[2]}/`,
    `${__ENV.REFUSED}/?a b#c d`, `http://ü:p@${plain}/`, `${__ENV.HTTP}/%zz`, `${__ENV.HTTP}/#%zz`, `http://a%41/`]) {
    const r = http.get(url);
    show(url, r.status, r.error, r.url, r.request ? r.request.url : r.request, r.status ? r.json('headers.Host') : '');
  }
}
