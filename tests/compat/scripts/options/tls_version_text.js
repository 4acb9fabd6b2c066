// tlsVersion as a name.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { insecureSkipTLSVerify: true, tlsVersion: http.TLS_1_3 };
export default function () { show(http.get(`${__ENV.HTTPS}/get`).tls_version); }
