// noCookiesReset: the jar lasts over iterations.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { noCookiesReset: true, iterations: 2 };
export default function () {
  show(http.get(`${__ENV.HTTP}/cookies`).json('cookies'));
  http.get(`${__ENV.HTTP}/cookies/set?a=1`);
}
