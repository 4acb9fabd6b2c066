// summaryTrendStats.
// compare: stdout metrics
import { Trend } from 'k6/metrics';
export const options = { summaryTrendStats: ['count', 'min', 'p(10)', 'med', 'p(99.9)', 'max', 'avg'] };
const t = new Trend('numbers');
export default function () { for (let i = 0; i <= 100; i++) t.add(i); }
