// K6_SUMMARY_MODE.
// env: K6_SUMMARY_MODE=full
// compare: stdout
import http from 'k6/http';
export default function () { http.get(`${__ENV.HTTP}/get`); }
