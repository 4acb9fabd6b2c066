// How times are written: exact, for the values are given.
// args: --quiet --summary-trend-stats max
// compare: stdout
// exact: lasting_
import { Trend } from 'k6/metrics';
const numbers = [0, 0.000001, 0.0005, 0.001, 0.0123, 0.99999, 1, 1.5, 99.999, 999.99, 1000, 1500, 59999, 60000, 61500, 3599999, 3600000, 3661000, 86400000, 123456789];
const trends = numbers.map((n, i) => new Trend(`lasting_${String(i).padStart(2, '0')}`, true));
export default function () { numbers.forEach((n, i) => trends[i].add(n)); }
