// URLs that are none.
// skip-log: Request Failed
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const url of ['', 'nope', '/path', 'ftp://localhost/', 'http://', 'http://[::1', 'http://local host/', 'localhost:1/get', 'http://localhost:99999/', undefined, null, 5, {}]) {
    const r = http.get(url);
    show(String(url), r.status, r.error_code, r.error);
  }
}
