// A GET: all fields of the response.
// compare: log metrics json csv
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/get?x=1&y=a%20b`);
  show(r.status, r.status_text, r.error, r.error_code, r.proto, r.url, r.remote_ip, typeof r.remote_port, r.tls_version, r.tls_cipher_suite, r.ocsp);
  show(r.headers, r.cookies, r.request, typeof r.body, r.json());
  show(Object.keys(r.timings).sort(), r.timings.looking_up, r.timings.tls_handshaking);
  const t = r.timings;
  show(Math.abs(t.duration - t.sending - t.waiting - t.receiving) < 0.01, t.blocked >= t.connecting, t.connecting > 0, t.waiting > 0);
}
