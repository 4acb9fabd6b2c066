// timeout: error code 1050.
// compare: log metrics json
import http from 'k6/http';
import { about, show } from '../lib.js';
export default function () {
  for (const timeout of [200, '250ms']) {
    const r = http.get(`${__ENV.HTTP}/hang/1500`, { timeout });
    show(r.status, r.error, r.error_code, r.body, about(r.timings.duration, 225, 120));
  }
}
