// --duration and --vus.
// args: --duration 1s --vus 2
// compare: stdout
import { sleep } from 'k6';
export default function () { sleep(0.3); }
