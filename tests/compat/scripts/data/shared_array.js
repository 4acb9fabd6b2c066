// SharedArray: made once for all VUs, read only, and an array for all who ask.
// order: any
import { SharedArray } from 'k6/data';
import { attempt, kind, show } from '../lib.js';
const users = new SharedArray('users', () => { console.log('made'); return [{ name: 'a', list: [1] }, { name: 'b' }, 'text', 4, null]; });
const same = new SharedArray('users', () => { console.log('never'); return [1]; });
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 1 } } };
export default function () {
  if (__VU !== 1) return;
  show(users.length, users[0], users[2], users[3], users[4], String(users[9]), users[0] === users[0], same.length);
  show(users.map((u) => (u && u.name) || '-'), [...users].length, users.filter((u) => u && u.name).length, users.indexOf('text'));
  const names = []; for (const u of users) names.push(typeof u); show(names);
  const keys = []; users.forEach((u, i) => keys.push(i)); show(keys);
  show(users.find((u) => u.name === 'b'), users.slice(1, 3), users.reduce((n) => n + 1, 0), users.at ? users.at(-2) : 4, users.join().length > 0);
  kind('element', () => { users[0] = 1; });
  kind('field', () => { users[0].name = 'x'; });
  kind('nested', () => { users[0].list.push(2); });
  kind('push', () => users.push(1));
  show(users[0], users.length, JSON.stringify(users) === JSON.stringify([...users]), typeof users);
}
