// The language: what a script of this decade uses.
import { show } from '../lib.js';
class Base { #secret = 5; static made = 0; get secret() { return this.#secret; } static { Base.made = 1; } }
class Child extends Base { constructor() { super(); this.own = [...'abc']; } }
function* count() { yield 1; yield* [2, 3]; }
export default async function () {
  const c = new Child();
  show(c.secret, Base.made, c.own, [...count()]);
  show(null ?? 'default', c?.none?.deep, c.nothing?.(), 2 ** 10, 1_000_000, 10n ** 20n > 5n);
  let x = null; x ??= 1; x ||= 2; x &&= 3;
  show(x, [1, 2, 3].at(-1), [3, 1, 2].toSorted(), [1, 2, 3].findLast((n) => n < 3), 'aXbX'.replaceAll('X', '-'));
  const { a, ...rest } = { a: 1, b: 2, c: 3 };
  show(a, rest, Object.fromEntries([['k', 'v']]), Object.entries({ z: 1 }), [[1, [2]]].flat(Infinity));
  show('2024-01-02'.match(/(?<year>\d{4})-(?<month>\d\d)/).groups.year, [...'a1b2'.matchAll(/\d/g)].map((m) => m[0]), /(?<=\$)\d+/.exec('$42')[0]);
  label: for (let i = 0; i < 3; i++) { for (;;) { if (i === 1) break label; continue label; } }
  show(new Date(0).toISOString(), typeof Date.now(), JSON.stringify({ d: new Date(0), u: undefined, n: NaN }));
  show(new Error('outer', { cause: 'inner' }).cause, [..."👍é"].length, encodeURIComponent('a b&ü'), decodeURIComponent('%C3%BC'));
  show(parseInt('12px', 10), Number('0x1f'), (1234.5678).toFixed(2), (0.1 + 0.2).toPrecision(3), (255).toString(16));
  const m = new Map([['a', 1]]); const s = new Set([1, 1, 2]);
  show([...m], [...s], new WeakMap() instanceof WeakMap, Symbol('q').toString(), Reflect.ownKeys({ b: 1, a: 2 }));
  show(await (async () => { try { await Promise.reject(new Error('e')); } catch (e) { return e.message; } finally { show('finally'); } })());
  show([1, 2, 3, 4].includes(3), Array.from({ length: 3 }, (_, i) => i * 2), 'abc'.padStart(5, '*'), ' x '.trim(), Object.is(NaN, NaN));
  const p = new Proxy({}, { get: (_, name) => `got ${String(name)}` });
  show(p.anything, `tagged ${((strings, ...values) => strings.raw.join('|') + values)`a${1}b${2}c`}`);
}
