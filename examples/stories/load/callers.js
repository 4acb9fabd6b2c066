// Programs, not people: a rate that climbs from a tenth to all of RATE, whatever the answers are like.
import http from 'k6/http';
import { check } from 'k6';

const seconds = Number(__ENV.SECONDS || 30), rate = Number(__ENV.RATE || 60);

export const options = {
  scenarios: {
    callers: {
      executor: 'ramping-arrival-rate',
      startRate: Math.ceil(rate / 10),
      stages: [{ duration: `${Math.round(seconds / 2)}s`, target: rate }, { duration: `${seconds - Math.round(seconds / 2)}s`, target: rate }],
      preAllocatedVUs: 100,
      maxVUs: 1000,
      gracefulStop: '1s',
    },
  },
};

export default function () {
  const answer = http.get(`${__ENV.ENDPOINT}/api/v1/todos/${1 + Math.floor(Math.random() * 2000)}`, { tags: { name: '/api/v1/todos/{id}' } });
  check(answer, { 'is status 200': (r) => r.status === 200 });
}
