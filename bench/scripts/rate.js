import http from 'k6/http';

export const options = {
  scenarios: {
    rate: { executor: 'constant-arrival-rate', rate: 500, timeUnit: '1s', duration: __ENV.DURATION, preAllocatedVUs: 100, maxVUs: 200 },
  },
  summaryTrendStats: ['min', 'med', 'p(90)', 'p(99)', 'max', 'count'],
};

export default function () {
  http.get(__ENV.TARGET_URL);
}
