// An empty userAgent sends none.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { userAgent: '' };
export default function () { show(/agent/i.test(http.get(`${__ENV.HTTP}/head-of`).body)); }
