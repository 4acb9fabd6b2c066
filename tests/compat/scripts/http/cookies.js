// The jar of a VU: set by responses, sent again, empty at each iteration.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { iterations: 2 };
export default function () {
  show('before', http.get(`${__ENV.HTTP}/cookies`).json('cookies'));
  const set = http.get(`${__ENV.HTTP}/cookies/set?a=1&b=two`);
  show(set.cookies, set.headers['Set-Cookie']);
  show('after', http.get(`${__ENV.HTTP}/cookies`).json('cookies'));
  show('redirected', http.get(`${__ENV.HTTP}/redirect-cookie`).json('cookies'));
}
