// tlsAuth: a certificate of the client.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = {
  insecureSkipTLSVerify: true,
  tlsAuth: [{ cert: open(`${__ENV.CERTIFICATES}/client.crt`), key: open(`${__ENV.CERTIFICATES}/client.key`) }],
};
export default function () { show(http.get(`${__ENV.MUTUAL}/peer`).json()); }
