// K6_SUMMARY_TREND_STATS.
// env: K6_SUMMARY_TREND_STATS=p(50),count
// compare: metrics
import { Trend } from 'k6/metrics';
const t = new Trend('numbers');
export default function () { for (let i = 0; i <= 100; i++) t.add(i); }
