// The time-out covers the body.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/drip/20/100`, { timeout: '350ms' });
  show(r.status, r.error, r.error_code, typeof r.body);
}
