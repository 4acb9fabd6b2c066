// minIterationDuration: waits out the rest, which is not in iteration_duration.
// compare: metrics log
import exec from 'k6/execution';
import { about, show } from '../lib.js';
export const options = { minIterationDuration: '300ms', iterations: 2 };
export default function () {}
export function handleSummary(data) {
  show(about(data.state.testRunDurationMs, 600, 200), data.metrics.iteration_duration.values.max < 100);
  return {};
}
