// A response as a value: keys, JSON, text, changes.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/status/200`);
  show(Object.keys(r), String(r), typeof r.json, 'status' in r, r.nothing === undefined);
  const copy = JSON.parse(JSON.stringify(r));
  show(Object.keys(copy).sort(), copy.status, copy.body);
  r.status = 500;
  show(r.status, Object.keys(http).sort());
}
