// httpx: a session with a base URL.
// golden: by hand
import { Httpx } from 'https://jslib.k6.io/httpx/0.1.0/index.js';
import { show } from '../lib.js';
export default function () {
  const session = new Httpx({ baseURL: __ENV.HTTP, headers: { 'X-Session': 'one' }, timeout: 5000 });
  show(session.get('/get').json('headers.X-Session'), session.post('/post', 'body').json('body'));
  session.addHeader('X-More', 'two');
  show(session.get('/get').json('headers.X-More'), session.batch([{ method: 'GET', url: `${__ENV.HTTP}/get` }]).length);
}
