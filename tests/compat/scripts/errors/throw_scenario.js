// The log line names scenario and executor.
export const options = { scenarios: { special: { executor: 'shared-iterations', vus: 1, iterations: 1, exec: 'other' } } };
export function other() {
  throw new Error('of a scenario');
}
