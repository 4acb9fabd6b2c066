// Several stages; the fraction left at a stage's end carries over.
// compare: metrics plan
export const options = { scenarios: { ra: { executor: 'ramping-arrival-rate', startRate: 5, timeUnit: '1s', stages: [{ duration: '500ms', target: 15 }, { duration: '500ms', target: 15 }, { duration: '300ms', target: 0 }], preAllocatedVUs: 2, maxVUs: 4 } } };
export default function () {}
