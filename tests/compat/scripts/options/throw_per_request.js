// throw of one request.
import http from 'k6/http';
export default function () {
  http.get(`${__ENV.REFUSED}/`);
  console.log('goes on');
  try { http.get(`${__ENV.REFUSED}/`, { throw: true }); } catch (error) { console.log('caught', String(error)); }
}
