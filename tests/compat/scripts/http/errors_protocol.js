// Answers that are no HTTP.
// skip-log: Request Failed
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const path of ['garbage', 'bad-length', 'close-mid-head', 'bad-gzip']) {
    const r = http.get(`${__ENV.HTTP}/${path}`);
    show(path, r.status, r.error_code, r.error !== '');
  }
  const plain = http.get(__ENV.HTTP.replace('http:', 'https:'));
  show('TLS to a plain port', plain.status, plain.error_code, plain.error !== '');
}
