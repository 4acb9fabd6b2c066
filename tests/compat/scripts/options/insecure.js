// insecureSkipTLSVerify.
// compare: log metrics json
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { insecureSkipTLSVerify: true };
export default function () {
  for (const base of [__ENV.HTTPS, __ENV.WRONG]) {
    const r = http.get(`${base}/get`);
    show(r.status, r.proto, r.tls_version, typeof r.tls_cipher_suite, r.timings.tls_handshaking > 0);
  }
}
