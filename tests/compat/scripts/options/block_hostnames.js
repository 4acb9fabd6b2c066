// blockHostnames: error code 1111.
// compare: log json
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { blockHostnames: ['blocked.test', '*.evil.test'] };
export default function () {
  for (const host of ['blocked.test', 'Blocked.Test', 'a.evil.test']) {
    const r = http.get(`http://${host}/`);
    show(r.status, r.error, r.error_code);
  }
}
