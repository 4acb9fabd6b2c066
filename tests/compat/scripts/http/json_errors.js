// The sentences of Response.json() on what is no JSON.
import http from 'k6/http';
import { attempt } from '../lib.js';
const texts = [
  '', ' ', '{', '[', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '[1', '[1,', '[1,]', '[1 2]', '{"a" 1}',
  '{a:1}', "{'a':1}", 'nul', 'nulx', 'tru', 'truex', 'fals', 'falsy', '"abc', '"a\nb"', '"\\x"', '"\\u12g4"',
  '01', '1.x', '1e', '1ex', '-', '-x', '1 2', 'x', '<html>', '{"a":1}}', '{"a":1} x', '[1]]', 'NaN', 'undefined',
  '\ufeff{}', '{"a":1,"b":x}', '\n\n {"a":\n 1,\n "b" "c"}', '{"a":tru}', '{"é":é}', '"\t"', '"\u0001"', '"\\',
  '"\\u1', '+1', '.5', '[,1]', '{,}', '[1}', '{"a":1]', '{"a":{"b":[1,2,{"c":}]}}', '{1:2}', '0x10', '1.5.5',
  '"a" "b"', '1e5x', 'nullx', 'true1', '\u00e9', '\nx', '\n\nx', '\n x', '"\n"', '"a\n"', '"ab\n"', '"a\n\n"',
  '[\n1\n2]', '{"a":\n"\n"}', '\n', '\n\n', '[\n', '[\n ', '[\n\n', '\n[', '-\n', '[-\n', 'nu\n', '[nu\nx',
  '[\r\n1,\r\n\r\nx]', 'é\nx', '"é"\nx', '[1,\n-\nx]', '"\\u\n', '{"é":"é", "é":x}',
];
export default function () {
  for (const text of texts) {
    const r = http.post(`${__ENV.HTTP}/raw`, text, { headers: { 'content-type': 'text/plain' } });
    attempt(JSON.stringify(text), () => r.json());
  }
  attempt('empty with selector', () => http.post(`${__ENV.HTTP}/raw`, '').json('a'));
}
