// Response.html() and its selector.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/html/links`);
  show(r.html('h1').text(), r.html().find('title').text(), r.html('li').size());
}
