// --system-tags.
// args: --system-tags url,error_code
// compare: json
import http from 'k6/http';
export default function () { http.get(`${__ENV.HTTP}/status/404`); }
