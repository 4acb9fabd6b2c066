// userAgent: another, and none.
// args: --user-agent compat/1.0
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  show(http.get(`${__ENV.HTTP}/head-of`).body.split('\n').filter((line) => /agent/i.test(line)));
  show(http.get(`${__ENV.HTTP}/head-of`, { headers: { 'user-agent': 'mine' } }).body.split('\n').filter((line) => /agent/i.test(line)));
}
