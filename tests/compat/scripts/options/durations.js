// Durations: Go's strings, days, plain numbers as milliseconds.
// compare: stdout
export const options = {
  scenarios: {
    a: { executor: 'per-vu-iterations', maxDuration: '1h30m5.5s' },
    b: { executor: 'per-vu-iterations', maxDuration: 90000, gracefulStop: '1500' },
    c: { executor: 'per-vu-iterations', maxDuration: '1d12h', gracefulStop: '250ms' },
    d: { executor: 'per-vu-iterations', maxDuration: '2m', gracefulStop: 0 },
  },
};
export default function () {}
