// Groups and tags cut the results into parts: the time of each step of a user's way, one endpoint, one team.
import http from 'k6/http';
import { check, group } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = {
  vus: 2,
  iterations: 4,
  tags: { release: 'next' }, // on every sample of the test
  thresholds: {
    // A threshold on a tagged part also shows that part in the summary. The limits are loose: these are about the syntax.
    'http_req_duration{group:::logging in}': ['p(95)<2000'],
    'http_req_duration{kind:asset}': ['p(95)<2000'],
    'checks{group:::reading}': ['rate==1'],
  },
};

export default function () {
  group('logging in', () => {
    http.get(`${base}/login`);
    const response = http.post(`${base}/login`, { username: `user-${__VU}`, password: 'secret' });
    check(response, { 'logged in': (r) => r.status === 200 });
  });
  group('reading', () => {
    const page = http.get(`${base}/demo/fanclub`);
    check(page, { 'it knows us': (r) => r.body.includes('Welcome back') });
    http.get(`${base}/static/assets.js`, { tags: { kind: 'asset' } });
  });
}
