// Redirects are followed; each hop counts; timings are the last hop's.
// compare: log metrics json
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/redirect/3`);
  show(r.status, r.url, r.json('headers'));
}
