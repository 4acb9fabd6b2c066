// Students and planners of a todo service, for 6 minutes and 40 seconds with up to 2,520 users at a time. The long form of
// planners-and-studiers-short.js, with the same three faults; find them in what is printed after the summary.
//   halftime target --fault workers=1 --fault cpu-ms=62
//   ENDPOINT=http://127.0.0.1:6400 halftime k6 run examples/planners-and-studiers.js
import http from 'k6/http';
import { check, sleep } from 'k6';

const todos = `${__ENV.ENDPOINT || 'http://127.0.0.1:6400'}/api/v1/todos`;

export const options = {
  scenarios: {
    studier: {
      exec: 'studyingStudent',
      executor: 'ramping-vus',
      stages: [
        { duration: '2m', target: 1000 },
        { duration: '2m', target: 2500 },
        { duration: '2m', target: 0 },
      ],
    },
    planner: { exec: 'indecisivePlanner', executor: 'shared-iterations', vus: 20, iterations: 400 },
  },
};

// Looks at what is to be done, and works on it for two minutes.
export function studyingStudent() {
  const response = http.get(todos);
  check(response, { 'is status 200': (r) => r.status === 200 });
  sleep(120);
}

// Writes a todo down, finds a typing error in it, and removes it.
export function indecisivePlanner() {
  const todo = { title: 'Clout assignment', completed: false, description: '', deadline_at: '2023-12-04T14:00:00' };
  const created = http.post(todos, JSON.stringify(todo), { headers: { 'Content-Type': 'application/json' } });
  check(created, { 'is status 200': (r) => r.status === 200 });
  sleep(10);
  const deleted = http.del(`${todos}/${created.id}`);
  check(deleted, { 'is status 200': (r) => r.status === 200 });
  sleep(10);
}
