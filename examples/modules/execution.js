// k6/execution: who am I, which iteration is this, how far is the test? For test data without clashes, and to end a test from inside.
import exec from 'k6/execution';
import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';
const customers = ['Ada', 'Blaise', 'Carl', 'Dorothy', 'Emmy', 'Felix', 'Grace', 'Hedy'];

export const options = {
  scenarios: {
    greeting: { executor: 'shared-iterations', vus: 3, iterations: 8, maxDuration: '1m' },
  },
};

export default function () {
  // 0, 1, 2 … without a gap or a repetition over all users, processes and machines: each customer comes exactly once.
  const customer = customers[exec.scenario.iterationInTest];
  const page = http.get(`${base}/demo/${customer}`, { tags: { name: '/demo/CUSTOMER' } });
  check(page, { 'greeted by name': (r) => r.body.includes(`Demo: ${customer}`) });

  // Tags set here are on all samples of this user from now on.
  exec.vu.metrics.tags.letter = customer[0];

  check(exec, {
    'the user has a number': (e) => e.vu.idInTest >= 1 && e.vu.idInTest <= 3,
    'the scenario has a name': (e) => e.scenario.name === 'greeting' && e.scenario.executor === 'shared-iterations',
    'progress is a share': (e) => e.scenario.progress >= 0 && e.scenario.progress <= 1,
    'the options can be read': (e) => e.test.options.scenarios.greeting.iterations === 8,
    'iterations of this user': (e) => e.vu.iterationInScenario === __ITER,
  });

  if (page.status === 503) {
    exec.test.abort('the backend is down'); // ends the whole test, exit code 108
  }
  sleep(0.05);
}
