// Things that happen once for the whole test: setup() before it, teardown() after it, also when the test was interrupted.
import http from 'k6/http';
import { check, fail } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';
const json = { headers: { 'Content-Type': 'application/json' } };

export const options = { vus: 3, iterations: 9 };

// What it returns goes through JSON to every user, as the argument `data`.
export function setup() {
  const created = http.post(`${base}/api/v1/todos`, JSON.stringify({ title: 'Fill the kettle' }), json);
  if (created.status !== 201) {
    fail(`the todo could not be made: ${created.status} ${created.body}`); // no test without it: exit code 107
  }
  return { id: created.json('id') };
}

export default function (data) {
  // Without the name each ID would be an endpoint of its own in the results.
  const response = http.get(`${base}/api/v1/todos/${data.id}`, { tags: { name: '/api/v1/todos/ID' } });
  check(response, { 'the todo is there': (r) => r.status === 200 && r.json('title') === 'Fill the kettle' });
}

export function teardown(data) {
  const response = http.del(`${base}/api/v1/todos/${data.id}`);
  check(response, { 'the todo is gone': (r) => r.status === 200 });
}
