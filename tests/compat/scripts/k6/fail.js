// fail() ends the iteration; the run goes on and is well.
// compare: log metrics
import { fail } from 'k6';
export const options = { iterations: 2 };
export default function () { fail(`iteration ${__ITER} gives up`); }
