// maxRedirects: set, it warns no more.
// args: --max-redirects 2
// compare: log metrics
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/redirect/4`);
  show(r.status, r.url, r.headers.Location);
}
