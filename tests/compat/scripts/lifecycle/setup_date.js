// Dates, typed arrays and NaN as setup data.
import { show } from '../lib.js';
export function setup() {
  return { when: new Date(Date.UTC(2024, 0, 2, 3, 4, 5)), exact: new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678)), zero: -0 };
}
export default function (data) { show(data); }
