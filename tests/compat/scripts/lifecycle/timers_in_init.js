// Timers and sleep work in init code too; top-level await is allowed.
import { sleep } from 'k6';
import { show } from '../lib.js';
const value = await new Promise((resolve) => setTimeout(() => resolve('awaited'), 5));
sleep(0.001);
export default function () { show(value); }
