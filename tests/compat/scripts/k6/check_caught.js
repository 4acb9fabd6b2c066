// The same, caught.
// compare: log metrics
import { check } from 'k6';
export default function () {
  try {
    check(1, { good: () => true, bad: () => { throw new Error('in check'); }, after: () => true });
  } catch (error) {
    console.log('caught', error.message);
  }
}
