// Packed answers are unpacked, whatever was asked for.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const path of ['gzip', 'deflate', 'br', 'zstd', 'stacked']) {
    const r = http.get(`${__ENV.HTTP}/${path}`);
    show(path, r.status, r.body, r.headers['Content-Encoding']);
  }
  show(http.get(`${__ENV.HTTP}/gzip`, { headers: { 'Accept-Encoding': 'gzip' } }).json('gzipped'));
  const bad = http.get(`${__ENV.HTTP}/bad-gzip`);
  show(bad.status, bad.error_code, bad.body);
}
