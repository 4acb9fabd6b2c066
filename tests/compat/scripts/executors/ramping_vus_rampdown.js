// gracefulRampDown 0 interrupts, else iterations are finished.
// compare: metrics
import { sleep } from 'k6';
export const options = {
  scenarios: {
    cut: { executor: 'ramping-vus', startVUs: 2, stages: [{ duration: '500ms', target: 2 }, { duration: '0s', target: 0 }, { duration: '200ms', target: 0 }], gracefulRampDown: '0s' },
    kept: { executor: 'ramping-vus', startVUs: 2, stages: [{ duration: '500ms', target: 2 }, { duration: '0s', target: 0 }, { duration: '200ms', target: 0 }], gracefulRampDown: '5s' },
  },
  thresholds: { 'iterations{scenario:cut}': ['count>=0'], 'iterations{scenario:kept}': ['count>=0'] },
};
export default function () { sleep(0.8); }
