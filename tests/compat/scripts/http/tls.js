// TLS: what the response tells.
// env: SSL_CERT_FILE={certificates}/ca.crt
// compare: log metrics json
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTPS}/get`);
  show(r.status, r.proto, r.tls_version, r.tls_cipher_suite, r.ocsp, r.timings.tls_handshaking > 0, r.timings.blocked >= r.timings.tls_handshaking);
  show(http.get(`${__ENV.HTTPS}/get`).timings.tls_handshaking);
}
