// Response.json() and its selectors.
import http from 'k6/http';
import { attempt, show } from '../lib.js';
export default function () {
  const r = http.get(`${__ENV.HTTP}/json`);
  show(Object.keys(r.json()).sort());
  for (const path of ['name.last', 'age', 'ratio', 'yes', 'nothing', 'big', 'children', 'children.0', 'children.#', 'children.-1', 'children.9', 'fav\\.movie', 'friends.1.last',
    'friends.#.first', 'friends.#(last=="Murphy").first', 'friends.#(last=="Murphy")#.first', 'friends.#(age>45)#.last', 'friends.#(first%"D*").age', 'friends.#(nets.#(=="fb"))#.first',
    'friends.#.nets.0', 'child*.2', 'c?ildren.0', 'name.none', 'none', 'name', 'friends.#(age>100)', 'friends.#(age>100)#', 'children|@reverse', 'children.@reverse.0', 'name|@keys', '@this.age', '{age,name.last}', '[age,ratio]']) {
    show(path, '=', r.json(path));
  }
  r.json().added = 5;
  r.json().name.first = 'Tim';
  show(r.json().added, r.json().name.first, r.json('name.first'));
  attempt('bad json', () => http.get(`${__ENV.HTTP}/not-json`).json());
  attempt('bad json with selector', () => http.get(`${__ENV.HTTP}/not-json`).json('b.c'));
  attempt('no body', () => http.get(`${__ENV.HTTP}/204`).json());
}
