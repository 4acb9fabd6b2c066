// Requests are not made in init code.
import http from 'k6/http';
http.get(`${__ENV.HTTP}/get`);
export default function () {}
