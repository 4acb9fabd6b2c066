// With the option throw, a bad value is an exception.
import { Counter } from 'k6/metrics';
export const options = { throw: true };
const counter = new Counter('my_counter');
export default function () { counter.add('abc'); }
