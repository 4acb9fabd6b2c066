// The library k6-utils: random data. halftime carries it inside; nothing is downloaded.
import http from 'k6/http';
import { check } from 'k6';
import { findBetween, randomIntBetween, randomItem, randomString, uuidv4 } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 2, iterations: 6 };

export default function () {
  const todo = {
    title: `${randomItem(['Fill', 'Boil', 'Pour'])} ${randomIntBetween(2, 9)} cups`,
    description: randomString(20),
  };
  const params = { headers: { 'Content-Type': 'application/json', 'X-Request-ID': uuidv4() } };
  const created = http.post(`${base}/api/v1/todos`, JSON.stringify(todo), params);
  check(created, {
    'made': (r) => r.status === 201,
    'the title came back': (r) => r.json('title') === todo.title,
    'our ID came back': (r) => r.headers['X-Request-Id'] === params.headers['X-Request-ID'],
  });
  http.del(`${base}/api/v1/todos/${created.json('id')}`, null, { tags: { name: '/api/v1/todos/ID' } });

  const title = findBetween(http.get(`${base}/about/`).body, '<title>', '</title>');
  check(title, { 'what stands between': (text) => text === 'About' });
}
