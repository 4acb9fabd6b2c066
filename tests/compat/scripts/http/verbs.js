// All verbs, with and without bodies.
// compare: log metrics
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const url = `${__ENV.HTTP}/anything`;
  for (const verb of ['post', 'put', 'patch', 'del', 'options']) {
    const r = http[verb](url, 'some body', { headers: { 'Content-Type': 'text/plain' } });
    show(verb, r.json('method'), r.json('body'), r.json('headers'), r.request.method);
    show(verb, http[verb](url).json());
  }
  show(http.request('GET', url).json('method'), http.request('PROPFIND', url, 'x').json(), http.request('post', url, 'y').json('method'));
  const head = http.head(`${__ENV.HTTP}/large/4`);
  show(head.status, head.body, head.headers['Content-Length']);
}
