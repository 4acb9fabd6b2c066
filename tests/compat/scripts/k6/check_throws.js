// A function that throws counts as a failure, and the exception goes on.
// compare: log metrics
import { check } from 'k6';
export default function () {
  check(1, { good: () => true, bad: () => { throw new Error('in check'); }, after: () => true });
  console.log('never');
}
