// batch: what is refused.
import http from 'k6/http';
import { attempt, show } from '../lib.js';
export default function () {
  attempt('number', () => http.batch(5));
  attempt('null', () => http.batch(null));
  attempt('bad entry', () => http.batch([5]).map((r) => r.status));
  attempt('short entry', () => http.batch([['GET']]).map((r) => r.status));
  attempt('object without url', () => Object.keys(http.batch({ a: {} })));
  const r = http.batch([`${__ENV.REFUSED}/`, `${__ENV.HTTP}/get`]);
  show(r.map((one) => one.status), r[0].error);
}
