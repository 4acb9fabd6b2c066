// No system tags at all.
// compare: json metrics
import http from 'k6/http';
export const options = { systemTags: [], tags: { mine: '1' } };
export default function () { http.get(`${__ENV.HTTP}/get`); }
