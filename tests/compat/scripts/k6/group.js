// group(): results, nesting, tags, durations.
// compare: log metrics json
import { check, group, sleep } from 'k6';
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const value = group('outer', () => {
    http.get(`${__ENV.HTTP}/get`);
    group('inner', () => { check(1, { deep: () => true }); });
    return { a: 1 };
  });
  show(value, group('plain', () => 5), group('nothing', () => {}));
  http.get(`${__ENV.HTTP}/get`);
}
