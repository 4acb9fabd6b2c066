// Text, bytes, and what is refused.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const bytes = new Uint8Array([0, 65, 255]);
  for (const body of ['größe', bytes, bytes.buffer, bytes.subarray(1), '', null, undefined]) {
    const r = http.post(`${__ENV.HTTP}/raw`, body, { responseType: 'binary' });
    show(Array.from(new Uint8Array(r.body)), typeof r.request.body);
  }
  for (const body of [5, true]) {
    const r = http.post(`${__ENV.HTTP}/post`, body);
    show(r.status, r.error_code);
  }
}
