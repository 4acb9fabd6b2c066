// http.asyncRequest: requests as promises. The iteration ends when all of them are settled.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 2, iterations: 4 };

export default async function () {
  // One after the other …
  const first = await http.asyncRequest('GET', `${base}/api/v1/health`);
  check(first, { 'healthy': (r) => r.json('status') === 'ok' });

  // … or all at once.
  const pages = await Promise.all(['a', 'b', 'c'].map((name) => http.asyncRequest('GET', `${base}/demo/${name}`)));
  check(pages, { 'three pages': (list) => list.length === 3 && list.every((r) => r.status === 200) });

  // Whoever answers first. The other request still goes on, and the iteration waits for it.
  const fastest = await Promise.race([
    http.asyncRequest('GET', `${base}/api/v1/todos?limit=1`),
    http.asyncRequest('GET', `${base}/about/`),
  ]);
  check(fastest, { 'somebody answered': (r) => r.status === 200 });
}
