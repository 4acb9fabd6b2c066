// Ten redirects, then the answer itself, with a warning.
// compare: log metrics
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/redirect-loop`);
  show(r.status, r.error, r.url);
}
