// __ENV: the system's, and -e over it.
// env: FROM_SYSTEM=yes BOTH=system
// args: -e BOTH=flag -e EMPTY= --env LAST=a=b
import { show } from '../lib.js';
show(__ENV.FROM_SYSTEM, __ENV.BOTH, `<${__ENV.EMPTY}>`, __ENV.LAST, typeof __ENV.NOT_THERE);
export default function () { show(__ENV.BOTH, Object.keys(__ENV).includes('BOTH'), 'NOT_THERE' in __ENV); }
