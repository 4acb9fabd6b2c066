// Headers of a request: names made canonical, values as text, Host, Content-Length.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const sent = (headers) => http.post(`${__ENV.HTTP}/post`, 'abc', { headers }).json('headers');
  show(sent({ 'x-lower': 'a', 'X-UPPER': 'b', n: 5, b: true, 'X-Empty': '' }));
  show(sent({ Host: 'other.example' }));
  show(sent({ 'Content-Length': '3' }));
  show(sent({ 'Content-Length': '10' }));
  show(sent({ Accept: '*/*', 'Accept-Encoding': 'gzip', Connection: 'keep-alive' }));
}
