// Logging a response shows its fields.
import http from 'k6/http';
export default function () {
  const r = http.get(`${__ENV.HTTP}/status/204`);
  console.log(Object.keys(r).join(' '));
  console.log(r.timings.duration > 0, r.headers, r.cookies);
}
