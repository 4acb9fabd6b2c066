// http.batch: several requests at a time, as a browser loads a page. It returns when all are answered.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  vus: 2,
  iterations: 4,
  batch: 20, // so many requests of one batch at a time …
  batchPerHost: 6, // … and so many of them to one host
};

export default function () {
  // A list gives a list, in the same order. An entry is a URL, [method, url, body, params], or an object.
  const answers = http.batch([
    `${base}/`,
    ['GET', `${base}/static/assets.js`, null, { tags: { kind: 'asset' } }],
    { method: 'POST', url: `${base}/login`, body: { username: 'batch' } },
  ]);
  check(answers, {
    'three answers': (list) => list.length === 3,
    'all are 200': (list) => list.every((r) => r.status === 200),
  });

  // An object gives an object.
  const { todos, about } = http.batch({ todos: `${base}/api/v1/todos?limit=2`, about: `${base}/about/` });
  check(todos, { 'todos are a list': (r) => Array.isArray(r.json()) });
  check(about, { 'about is a page': (r) => r.body.startsWith('<!doctype html>') });
}
