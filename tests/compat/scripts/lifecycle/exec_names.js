// Scenarios name their functions; a script without default is fine then.
// order: any
// compare: log metrics
export const options = {
  scenarios: {
    one: { executor: 'shared-iterations', vus: 1, iterations: 2, exec: 'first' },
    two: { executor: 'per-vu-iterations', vus: 1, iterations: 1, exec: 'second', env: { WHO: 'two' }, tags: { kind: 'b' } },
  },
};
export function first() { console.log('first', __ENV.WHO); }
export function second() { console.log('second', __ENV.WHO); }
