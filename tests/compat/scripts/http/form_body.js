// An object as body: a form, keys sorted, arrays repeated, blanks as +.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const send = (body, params) => { const j = http.post(`${__ENV.HTTP}/post`, body, params).json(); show(j.body, j.headers['Content-Type'], j.length); };
  send({ b: 'two words', a: '1', 'odd&key': 'ä/=?', list: ['x', 'y'] });
  send({ n: 5, f: 1.5, t: true, zero: 0, empty: '' });
  send({});
  send({ a: 'b' }, { headers: { 'Content-Type': 'application/x-own' } });
  send({ a: 'b' }, { headers: { 'content-type': 'application/x-lower' } });
  send(JSON.stringify({ a: 1 }));
  send(JSON.stringify({ a: 1 }), { headers: { 'Content-Type': 'application/json' } });
}
