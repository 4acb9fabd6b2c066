// summaryTimeUnit: two decimals of one unit.
// compare: stdout
import { Trend } from 'k6/metrics';
export const options = { summaryTimeUnit: 's', iterations: 1 };
const t = new Trend('lasting', true);
export default function () { t.add(1234.5678); }
