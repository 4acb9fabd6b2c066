// --out csv: its columns are the system tags that are on.
// compare: csv
import http from 'k6/http';
export const options = { systemTags: ['status', 'vu', 'iter', 'ip'] };
export default function () { http.get(`${__ENV.HTTP}/get`); }
