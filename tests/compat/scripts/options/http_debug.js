// httpDebug shows what is sent and received.
// args: --http-debug=full
// skip-log: Accept-Encoding
import http from 'k6/http';
export default function () { http.get(`${__ENV.HTTP}/status/204`); }
