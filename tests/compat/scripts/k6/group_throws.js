// An exception leaves the group, which is still timed.
// compare: log metrics
import { group } from 'k6';
export default function () {
  try {
    group('g', () => { throw new Error('in group'); });
  } catch (error) {
    console.log('caught', error.message);
  }
  group('h', () => { throw new Error('out of group'); });
}
