// Checks alone.
// compare: stdout
import { check } from 'k6';
export const options = { iterations: 3 };
export default function () { check(1, { good: () => true, mixed: () => __ITER === 0, 'with ünïcode and "quotes"': () => true }); }
