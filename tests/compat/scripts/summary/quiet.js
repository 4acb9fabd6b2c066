// --quiet: only the summary.
// args: --quiet
// compare: stdout
import { check } from 'k6';
export default function () { check(1, { a: () => true }); }
