// Students and planners of a todo service, in twenty seconds. A short story with the three faults that scripts in the wild have: find them
// in what is printed after the summary.
//   ENDPOINT=http://127.0.0.1:6400 halftime k6 run examples/planners-and-studiers-short.js
import http from 'k6/http';
import { check, sleep } from 'k6';

const todos = `${__ENV.ENDPOINT}/api/v1/todos`;

export const options = {
  scenarios: {
    studier: {
      exec: 'studyingStudent',
      executor: 'ramping-vus',
      stages: [
        { duration: '7s', target: 40 },
        { duration: '6s', target: 90 },
        { duration: '5s', target: 0 },
      ],
      gracefulRampDown: '2s',
      gracefulStop: '2s',
    },
    planner: { exec: 'indecisivePlanner', executor: 'shared-iterations', vus: 5, iterations: 30, maxDuration: '18s', gracefulStop: '2s' },
  },
};

export function studyingStudent() {
  const response = http.get(todos, { timeout: '1s' });
  check(response, { 'is status 200': (r) => r.status === 200 });
  sleep(1);
}

export function indecisivePlanner() {
  const params = { headers: { 'Content-Type': 'application/json' }, timeout: '1s' };
  const created = http.post(todos, JSON.stringify({ title: 'Clout assignment', completed: false }), params);
  check(created, { 'is status 200': (r) => r.status === 200 });
  sleep(0.5);
  const deleted = http.del(`${todos}/${created.id}`, null, { timeout: '1s' });
  check(deleted, { 'is status 200': (r) => r.status === 200 });
  sleep(0.5);
}
