// What a grown-up script does in an iteration: two requests in a group, JSON both ways, headers, four checks, a Trend, tags.
import http from 'k6/http';
import { check, group } from 'k6';
import { Trend } from 'k6/metrics';

const totals = new Trend('order_total', false);
const base = __ENV.TARGET_URL;

export default function () {
  group('order', () => {
    const order = {
      customer: { id: __VU, name: `customer ${__VU}` },
      lines: [
        { sku: 'kettle', amount: 1, price: 29.95 },
        { sku: 'tea', amount: 3, price: 4.5 },
        { sku: 'milk', amount: 2, price: 1.19 },
      ],
      iteration: __ITER,
    };
    const headers = {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      Authorization: `Bearer token-${__VU}`,
      'X-Request-Id': `${__VU}-${__ITER}`,
    };
    const created = http.post(`${base}json`, JSON.stringify(order), { headers, tags: { name: 'create order', kind: 'write' } });
    const answer = created.json();
    check(created, {
      'created': (r) => r.status === 200,
      'has an id': () => answer.id === 4711,
      'is JSON': (r) => r.headers['Content-Type'] === 'application/json',
    });
    totals.add(answer.lines.reduce((sum, line) => sum + line.price * line.amount, 0), { kind: 'write' });

    const read = http.get(`${base}json?id=${answer.id}`, { headers, tags: { name: 'read order', kind: 'read' } });
    check(read, { 'is the same order': (r) => r.json('customer.name') === answer.customer.name });
  });
}
