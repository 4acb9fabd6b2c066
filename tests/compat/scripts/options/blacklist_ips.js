// blacklistIPs: error code 1110.
// args: --blacklist-ip 127.0.0.0/8
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/get`);
  show(r.status, r.error, r.error_code);
}
