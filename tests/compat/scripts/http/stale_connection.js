// A connection that the server has closed is replaced without a word.
import http from 'k6/http';
import { sleep } from 'k6';
import { show } from '../lib.js';
export default function () {
  show(http.get(`${__ENV.HTTP}/connection`).json('count'), http.get(`${__ENV.HTTP}/connection`).json('count'));
  http.get(`${__ENV.HTTP}/close`);
  sleep(0.05);
  show(http.get(`${__ENV.HTTP}/connection`).json('count'));
}
