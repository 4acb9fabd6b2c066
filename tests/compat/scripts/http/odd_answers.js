// Answers that are odd and yet right.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const path of ['chunked', 'until-close', 'close', 'pragma', 'informational', 'no-reason', 'odd-reason', 'http10', '204', '304', 'latin1', 'utf8', 'bytes/0', 'status/204']) {
    const r = http.get(`${__ENV.HTTP}/${path}`);
    show(path, r.status, r.status_text, r.proto, r.body, r.headers, r.error);
  }
  show(http.get(`${__ENV.HTTP}/large/300`).body.length, http.post(`${__ENV.HTTP}/post`, 'x'.repeat(200000)).json('length'));
}
