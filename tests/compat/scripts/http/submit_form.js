// Response.submitForm().
import http from 'k6/http';
import { attempt, show } from '../lib.js';
export default function () {
  const page = http.get(`${__ENV.HTTP}/html/form`);
  const plain = page.submitForm();
  show(plain.json('method'), plain.json('path'), plain.json('form'));
  show(page.submitForm({ formSelector: '#login', fields: { user: 'bob', extra: 'x' }, submitSelector: '[name=other]' }).json('form'));
  show(page.submitForm({ params: { headers: { 'X-H': '1' } } }).json('headers.X-H'));
  const search = http.get(`${__ENV.HTTP}/html/search`).submitForm({ fields: { q: 'a b' } });
  show(search.json('method'), search.json('query'), search.url);
  const empty = http.get(`${__ENV.HTTP}/html/empty`);
  attempt('no form', () => empty.submitForm());
  attempt('no such form', () => page.submitForm({ formSelector: '#nope' }));
}
