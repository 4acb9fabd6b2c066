// teardownTimeout: exit 101.
import { sleep } from 'k6';
export const options = { teardownTimeout: 200 };
export default function () { console.log('iteration'); }
export function teardown() { sleep(5); }
