// Run tags of the script.
// compare: json
import http from 'k6/http';
export const options = { tags: { from: 'script', n: '5' } };
export default function () { http.get(`${__ENV.HTTP}/get`, { tags: { from: 'request' } }); }
