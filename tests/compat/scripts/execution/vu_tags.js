// vu.metrics.tags: tags of all later samples of this VU; they last.
// compare: log json
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import { attempt, show } from '../lib.js';
const counter = new Counter('my_counter');
export const options = { iterations: 2 };
export default function () {
  show(exec.vu.metrics.tags, exec.vu.tags);
  exec.vu.metrics.tags.mine = `iteration ${__ITER}`;
  exec.vu.tags['number'] = 5;
  counter.add(1);
  http.get(`${__ENV.HTTP}/status/200`);
  delete exec.vu.metrics.tags.mine;
  counter.add(1);
  attempt('object', () => { exec.vu.metrics.tags.bad = {}; });
  attempt('all', () => { exec.vu.metrics.tags = { a: 'b' }; });
  show(exec.vu.metrics.tags.scenario, exec.vu.metrics.tags.none === undefined);
}
