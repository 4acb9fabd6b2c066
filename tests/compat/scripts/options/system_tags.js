// systemTags replaces the set; vu and iter become metadata.
// compare: json
import http from 'k6/http';
import { check, group } from 'k6';
export const options = { systemTags: ['status', 'method', 'vu', 'iter', 'ip', 'check', 'nonsense'], iterations: 2 };
export default function () { group('g', () => check(http.get(`${__ENV.HTTP}/get`), { fine: () => true })); }
