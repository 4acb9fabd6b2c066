// Parameters that make no sense.
// skip-log: Request Failed
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const params of [null, undefined, {}, { unknown: 1 }, { headers: null }, { tags: { a: {} } }, { responseCallback: 5 }, { auth: 'nope' }, { timeout: 'abc' }]) {
    const r = http.get(`${__ENV.HTTP}/get`, params);
    show(params === undefined ? 'undefined' : params, r.status, r.error);
  }
  http.head(`${__ENV.HTTP}/get`, {}, {});
}
