// Percentiles interpolate between the values.
// compare: metrics
import { Trend } from 'k6/metrics';
export const options = { summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'p(0)', 'p(100)', 'p(33.3)', 'count'] };
const even = new Trend('even_numbers');
const single = new Trend('single_number');
const skewed = new Trend('skewed_numbers');
const negative = new Trend('negative_numbers');
export default function () {
  for (let i = 1; i <= 200; i++) even.add(i * 10);
  single.add(42);
  for (let i = 0; i < 500; i++) skewed.add(1.02 ** i);
  for (let i = 0; i < 50; i++) negative.add(-i * 3);
}
