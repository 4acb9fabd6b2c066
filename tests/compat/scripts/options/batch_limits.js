// batch and batchPerHost bound how many run at once.
// compare: log metrics
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { batch: 3, batchPerHost: 3 };
export default function () {
  const started = Date.now();
  http.batch(Array(6).fill(`${__ENV.HTTP}/delay/100`));
  const ms = Date.now() - started;
  show(ms >= 195 && ms < 420 ? 'two rounds' : ms);
}
