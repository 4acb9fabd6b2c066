// Whether Response.json() gives the same object each time, and arrays that grow.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/json`);
  show(r.json() === r.json(), r.json().name === r.json().name);
  r.json().children.push('Tim');
  show(r.json().children.length);
}
