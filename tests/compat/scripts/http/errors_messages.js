// The warnings of failed requests.
import http from 'k6/http';
export default function () {
  http.get(`${__ENV.REFUSED}/path?q=1`);
  http.post(`${__ENV.HTTP}/close-at-once`, 'x');
  http.get(`${__ENV.HTTP}/reset`);
  http.get(`${__ENV.HTTP}/hang/900`, { timeout: 100 });
  http.get(`${__ENV.WRONG}/get`);
  http.get(`${__ENV.HTTPS}/get`);
  http.get(`${__ENV.HTTP}/close-mid-body`);
}
