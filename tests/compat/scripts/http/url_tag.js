// http.url: the name is the template.
// compare: log metrics json
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  for (const id of [1, 2]) show(http.get(http.url`${__ENV.HTTP}/get?id=${id}`).json('args'));
  http.batch([http.url`${__ENV.HTTP}/get?batch=${5}`]);
  http.get(`${__ENV.HTTP}/get?id=3`, { tags: { name: 'named', other: 'x', n: 5 } });
  http.get(http.url`${__ENV.HTTP}/get?id=${4}`, { tags: { name: 'wins' } });
}
