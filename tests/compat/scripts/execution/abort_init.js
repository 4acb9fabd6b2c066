// Aborting in init code.
import exec from 'k6/execution';
exec.test.abort('from init');
export default function () {}
