// Redirects without a target, to another host, to nowhere.
// skip-log: Request Failed
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const to = (url) => http.get(`${__ENV.HTTP}/redirect-to?url=${encodeURIComponent(url)}`, { headers: { Authorization: 'Bearer t' } });
  show(http.get(`${__ENV.HTTP}/redirect-nowhere`).status);
  show(to(`${__ENV.HTTP.replace('localhost', '127.0.0.1')}/anything?a=1`).json());
  show(to('anything/else').json('path'), to('//localhost:' + __ENV.HTTP_PORT + '/anything').json('path'), to('/anything?q=1#frag').url);
  const gone = to(`${__ENV.REFUSED}/`);
  show(gone.status, gone.error, gone.error_code, gone.url);
}
