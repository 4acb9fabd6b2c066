// A name that no one knows.
// compare: log json
// skip-log: Request Failed
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const r = http.get('http://no-such-host.invalid/');
  show(r.status, r.error, r.error_code);
}
