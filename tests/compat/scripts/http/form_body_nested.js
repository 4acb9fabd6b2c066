// null and objects inside a form body.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  show(http.post(`${__ENV.HTTP}/post`, { n: null, u: undefined, list: [] }).json('body'));
}
