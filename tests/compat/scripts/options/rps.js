// rps limits the requests of all VUs together.
// compare: log metrics
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { rps: 20, vus: 2, iterations: 10 };
export default function () { http.get(`${__ENV.HTTP}/get`); }
export function handleSummary(data) {
  const ms = data.state.testRunDurationMs;
  show(ms > 380 && ms < 1500 ? 'about half a second' : ms, data.metrics.http_req_duration.values.max < 400);
  return {};
}
