// What the fleet tests run: closed and open loops, a common pool, setup and teardown, thresholds.
import http from 'k6/http';
import { sleep } from 'k6';

const seconds = Number(__ENV.SECONDS || 8);

export const options = {
  scenarios: {
    steady: { executor: 'constant-vus', vus: 6, duration: `${seconds}s` },
    rate: { executor: 'constant-arrival-rate', rate: 40, duration: `${seconds}s`, preAllocatedVUs: 9, exec: 'once' },
    pool: { executor: 'shared-iterations', vus: 3, iterations: 20 * seconds, exec: 'pooled' },
  },
  thresholds: { http_req_failed: ['rate==0'], iterations: ['count>10'] },
};

const get = () => http.get(`${__ENV.ENDPOINT}/`);
export function setup() { get(); return { token: 'tea' }; }
export default function (data) { if (data.token !== 'tea') throw new Error('no setup data'); get(); sleep(0.1); }
export function once() { get(); }
export function pooled() { get(); sleep(0.05); }
export function teardown() { get(); console.log('teardown was run'); }
