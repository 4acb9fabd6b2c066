// redirects: how many to follow; set, it warns no more.
// compare: log metrics
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const redirects of [0, 1]) {
    const r = http.get(`${__ENV.HTTP}/redirect/3`, { redirects });
    show(r.status, r.url, r.headers.Location, r.body);
  }
}
