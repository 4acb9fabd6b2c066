// expectedStatuses and setResponseCallback decide what has failed.
// compare: log metrics json
import http from 'k6/http';
import { show } from '../lib.js';
const only404 = http.expectedStatuses(404);
export default function () {
  const get = (status, params) => http.get(`${__ENV.HTTP}/status/${status}`, Object.assign({ tags: { name: `${status}` } }, params));
  get(200); get(404);
  get(404, { responseCallback: only404, tags: { name: 'expected 404' } });
  get(200, { responseCallback: only404, tags: { name: 'unexpected 200' } });
  get(503, { responseCallback: http.expectedStatuses({ min: 500, max: 599 }, 201), tags: { name: 'range' } });
  get(500, { responseCallback: null, tags: { name: 'not judged' } });
  http.setResponseCallback(http.expectedStatuses({ min: 400, max: 499 }));
  get(418, { tags: { name: 'set' } });
  http.setResponseCallback(null);
  get(418, { tags: { name: 'set to null' } });
}
