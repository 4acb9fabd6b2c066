// Two objects of one name are one metric.
// compare: metrics
import { Counter } from 'k6/metrics';
const one = new Counter('twice');
const two = new Counter('twice');
export default function () { one.add(1); two.add(2); }
