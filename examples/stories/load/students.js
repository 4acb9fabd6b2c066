// Students look at their own list and at one of their todos; users come for the first third and stay.
import http from 'k6/http';
import { check, sleep } from 'k6';

const todos = `${__ENV.ENDPOINT}/api/v1/todos`;
const users = Number(__ENV.USERS || 50), seconds = Number(__ENV.SECONDS || 30), owners = Number(__ENV.OWNERS || 100);
const limit = Number(__ENV.LIMIT || 20), think = Number(__ENV.THINK || 1);

export const options = {
  scenarios: {
    students: {
      executor: 'ramping-vus',
      stages: [{ duration: `${Math.round(seconds / 3)}s`, target: users }, { duration: `${seconds - Math.round(seconds / 3)}s`, target: users }],
      gracefulStop: '1s',
    },
  },
};

export default function () {
  const owner = 1 + Math.floor(Math.random() * owners);
  const list = http.get(`${todos}?owner=${owner}&limit=${limit}`, { tags: { name: '/api/v1/todos?owner={id}' } });
  check(list, { 'the list is there': (r) => r.status === 200 });
  sleep(think * (0.5 + Math.random()));
  const one = http.get(`${todos}/${1 + Math.floor(Math.random() * 2000)}`, { tags: { name: '/api/v1/todos/{id}' } });
  check(one, { 'the todo is there': (r) => r.status === 200 });
  sleep(think * (0.5 + Math.random()));
}
