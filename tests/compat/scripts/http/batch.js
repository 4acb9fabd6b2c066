// batch: arrays and objects, every form of a request.
// compare: log metrics
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const url = __ENV.HTTP;
  const list = http.batch([`${url}/get?n=0`, ['POST', `${url}/post`, 'body', { tags: { a: 'b' } }], { method: 'PUT', url: `${url}/put`, body: { x: 'y' }, params: { headers: { 'X-H': '1' } } },
    ['GET', `${url}/delay/50`], { url: `${url}/get?n=4` }, { method: 'get', url: `${url}/get?n=5`, body: 'dropped' }]);
  show(Array.isArray(list), list.length, list.map((r) => r.status));
  show(list[0].json('args'), list[1].json('body'), list[2].json('form'), list[2].json('headers.X-H'), list[3].json(), list[5].json('method'), list[5].json('body'));
  const named = http.batch({ first: `${url}/get`, second: ['DELETE', `${url}/delete`] });
  show(Object.keys(named).sort(), named.first.status, named.second.json('method'));
  show(http.batch([]).length);
}
