// What scripts of load tests do: objects, closures, JSON both ways, template strings, regular expressions, string building, maps, classes.
function iteration(n) {
  const order = { customer: { id: n, name: `customer ${n}` }, lines: [], iteration: n };
  for (let i = 0; i < 5; i++) order.lines.push({ sku: 'item ' + i, amount: i, price: i * 1.19 });
  const text = JSON.stringify(order), answer = JSON.parse(text);
  const checks = { a: (r) => r.customer.id === n, b: (r) => r.lines.length === 5, c: () => true };
  let passed = 0;
  for (const name of Object.keys(checks)) if (checks[name](answer)) passed++;
  const total = answer.lines.map((l) => l.price * l.amount).filter((p) => p >= 0).reduce((s, p) => s + p, 0);
  const m = /customer (\d+)/.exec(answer.customer.name);
  const url = `http://127.0.0.1/items/${m[1]}?page=${n % 7}&q=${encodeURIComponent('a b&c')}`;
  const { customer: { id }, ...rest } = answer;
  const seen = new Map([[id, rest], ['x', [...rest.lines]]]);
  class Page { constructor(u) { this.u = u; } get path() { return this.u.split('?')[0]; } }
  let parts = new Page(url).path.split('/').join('|').toUpperCase().slice(2, 40).replace('ITEMS', 'i');
  try { if (n % 50 === 0) throw new Error('sometimes'); } catch (e) { parts += e.message; }
  return passed + total + seen.size + parts.length + Math.floor(n / 3) + parseInt(m[1], 10) + Number('12.5');
}
let sum = 0;
for (let n = 0; n < 4000; n++) sum += iteration(n);
Promise.resolve(sum).then((v) => { sum = v; });
