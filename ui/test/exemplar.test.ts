import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeOf, statusOf } from '../src/lib/exemplar';

test('an exchange is told apart', () => {
  const text =
    'POST http://a/todos\nHost: a\nContent-Type: application/json\n\n{"title":"x"}\n\nHTTP/1.1 503 Service Unavailable\nDate: now\n\noverloaded\n\nreally\n';
  const exchange = exchangeOf(text);
  assert.equal(exchange?.request?.line, 'POST http://a/todos');
  assert.deepEqual(exchange?.request?.headers, [
    ['Host', 'a'],
    ['Content-Type', 'application/json'],
  ]);
  assert.equal(exchange?.request?.body, '{"title":"x"}');
  assert.equal(statusOf(exchange), '503 Service Unavailable');
  assert.deepEqual(exchange?.response?.headers, [['Date', 'now']]);
  assert.equal(exchange?.response?.body, 'overloaded\n\nreally');
});

test('no body, no answer, no HTTP', () => {
  const quiet = exchangeOf('GET http://a/\nHost: a\n\n\n\nHTTP/2 404\r\nserver: b\r\n\r\n');
  assert.equal(quiet?.request?.body, '');
  assert.equal(statusOf(quiet), '404');
  assert.deepEqual(quiet?.response?.headers, [['server', 'b']]);
  const lost = exchangeOf('GET http://a/\nHost: a\n');
  assert.equal(lost?.response, null);
  assert.equal(statusOf(lost), 'no answer');
  assert.equal(exchangeOf('KeyError: x'), null);
});
