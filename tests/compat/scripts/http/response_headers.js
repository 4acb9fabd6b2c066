// Headers of a response: canonical names, repeats joined.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () { show(http.get(`${__ENV.HTTP}/headers-case`).headers); }
