// A scenario's env is laid over the system's; assignments last within the VU.
// args: -e A=flag -e B=flag
// order: any
import { show } from '../lib.js';
export const options = {
  scenarios: {
    one: { executor: 'per-vu-iterations', vus: 1, iterations: 2, env: { B: 'scenario', C: 'only' } },
  },
};
show('init', __ENV.A, __ENV.B, String(__ENV.C));
export default function () {
  show(__ENV.A, __ENV.B, __ENV.C, String(__ENV.D));
  __ENV.D = 'set';
}
