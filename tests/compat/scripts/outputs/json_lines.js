// The first lines of --out json as they are.
// args: --out json={tmp}/lines.json
// compare: log files
import { Counter } from 'k6/metrics';
export const options = { systemTags: [] };
export default function () {}
