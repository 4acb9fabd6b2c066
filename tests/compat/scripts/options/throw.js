// throw: failed requests become exceptions.
import http from 'k6/http';
export const options = { throw: true };
export default function () { http.get(`${__ENV.REFUSED}/`); console.log('never'); }
