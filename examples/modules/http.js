// k6/http: one todo from its making to its end, with all the usual methods and parameters.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 2, iterations: 4 };

export default function () {
  const params = {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: '/api/v1/todos/ID' }, // one name for all IDs, else each is an endpoint of its own
    timeout: '10s', // default: 60s
  };

  const created = http.post(`${base}/api/v1/todos`, JSON.stringify({ title: 'Buy tea' }), { ...params, tags: { name: '/api/v1/todos' } });
  // json() is the parsed body; `created.id` would be undefined, as the response itself has no such field.
  const id = created.json().id;
  check(created, {
    'made': (r) => r.status === 201,
    'it has an ID': () => id > 0,
    'JSON came back': (r) => r.headers['Content-Type'] === 'application/json',
  });

  const url = `${base}/api/v1/todos/${id}`;
  const updated = http.put(url, JSON.stringify({ completed: true }), params);
  // A path of fields in place of a function over the whole document.
  check(updated, { 'updated': (r) => r.status === 200 && r.json('completed') === true });

  const read = http.get(url, params);
  check(read, {
    'read': (r) => r.json('title') === 'Buy tea',
    'the times add up': (r) => Math.abs(r.timings.duration - r.timings.sending - r.timings.waiting - r.timings.receiving) < 0.01,
  });

  check(http.del(url, null, params), { 'deleted': (r) => r.status === 200 });

  // Missing on purpose. Without the callback this would count as a failed request (http_req_failed).
  const gone = http.get(url, { ...params, responseCallback: http.expectedStatuses(404) });
  check(gone, { 'gone': (r) => r.status === 404 });

  // /about answers with a redirect, which is followed. Both requests are counted.
  check(http.get(`${base}/about`), { 'redirected': (r) => r.url === `${base}/about/` });
  check(http.get(`${base}/about`, { redirects: 0 }), { 'not followed': (r) => r.status === 308 });

  // Bodies that nobody reads need not be kept.
  check(http.get(`${base}/static/assets.js`, { responseType: 'none' }), { 'no body': (r) => r.body === null });
}
