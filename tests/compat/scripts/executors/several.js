// Scenarios beside each other, with tags.
// compare: stdout metrics json
export const options = {
  scenarios: {
    b_two: { executor: 'shared-iterations', vus: 2, iterations: 3, tags: { team: 'b' } },
    a_one: { executor: 'per-vu-iterations', vus: 1, iterations: 2, exec: 'other' },
    'with-dash_9': { executor: 'per-vu-iterations', vus: 1, iterations: 1, gracefulStop: '0s' },
  },
};
export default function () {}
export function other() {}
