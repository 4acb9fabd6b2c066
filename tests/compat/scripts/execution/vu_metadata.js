// vu.metrics.metadata: not part of the series.
// compare: log json
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { show } from '../lib.js';
const counter = new Counter('my_counter');
export default function () {
  exec.vu.metrics.metadata.trace = 'abc';
  counter.add(1);
  show(exec.vu.metrics.metadata.trace);
  delete exec.vu.metrics.metadata.trace;
  counter.add(1);
}
