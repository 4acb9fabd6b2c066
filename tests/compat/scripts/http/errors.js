// What goes wrong, and its codes.
// compare: log metrics json
// skip-log: Request Failed
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const url of [`${__ENV.REFUSED}/`, `${__ENV.HTTPS}/get`, `${__ENV.WRONG}/get`, `${__ENV.HTTP}/close-at-once`, `${__ENV.HTTP}/reset`,
    `${__ENV.HTTP}/close-mid-body`, `${__ENV.HTTP}/bad-chunk`, `${__ENV.HTTP}/status/404`, `${__ENV.HTTP}/status/503`]) {
    const r = http.get(url);
    show(r.status, r.error, r.error_code, r.url, r.headers, r.cookies);
  }
}
