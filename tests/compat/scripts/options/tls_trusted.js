// An authority that the system trusts.
// env: SSL_CERT_FILE={certificates}/ca.crt
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTPS}/get`);
  show(r.status, r.error);
}
