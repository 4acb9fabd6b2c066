// A request that is cut off leaves nothing.
// compare: log metrics
import http from 'k6/http';
export const options = { scenarios: { b: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
export default function () { http.get(`${__ENV.HTTP}/hang/4000`); console.log('never'); }
