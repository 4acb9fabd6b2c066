// tlsVersion as an object.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { insecureSkipTLSVerify: true, tlsVersion: { min: 'tls1.2', max: 'tls1.2' } };
export default function () {
  const r = http.get(`${__ENV.HTTPS}/get`);
  show(r.status, r.tls_version, http.TLS_1_2, http.TLS_1_3);
}
