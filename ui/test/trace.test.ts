import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coloursOf, lineOf, logQuery, rowsOf, splitOf, traceOf } from '../src/lib/trace';
import type { TraceSpan, Waterfall } from '../src/lib/types';

const span = (id: string, parent: string, start: number, length: number, more: Partial<TraceSpan> = {}): TraceSpan => ({
  id,
  parent,
  depth: 0,
  service: 'shop',
  name: id,
  kind: 'server',
  start_ms: start,
  duration_ms: length,
  self_ms: length,
  failed: false,
  ...more,
});
const query = (id: string, parent: string, start: number, statement: string) => span(id, parent, start, 2, { kind: 'database', statement });

test('repeated queries below one parent are one row; others keep theirs', () => {
  const spans = [
    span('root', 'request', 0, 100),
    query('a', 'root', 5, 'SELECT 1'),
    query('b', 'root', 10, 'SELECT ?'),
    query('c', 'root', 15, 'SELECT ?'),
    query('d', 'root', 20, 'SELECT ?'),
    span('child', 'root', 30, 40),
    query('e', 'child', 35, 'SELECT ?'),
  ];
  const rows = rowsOf(spans);
  assert.deepEqual(
    rows.map((r) => [r.key, r.spans.length, r.depth]),
    [
      ['root', 1, 0],
      ['a', 1, 1],
      ['b', 3, 1],
      ['child', 1, 1],
      ['e', 1, 2],
    ],
  );
  assert.deepEqual([rows[2]!.start, rows[2]!.end, rows[2]!.busy], [10, 22, 6]);
});

test('two alike stay two rows, and a span with children is never folded', () => {
  assert.equal(rowsOf([query('a', 'x', 1, 's'), query('b', 'x', 2, 's')]).length, 2);
  const parents = ['a', 'b', 'c'].flatMap((id) => [span(id, 'x', 1, 2, { kind: 'http', name: 'GET' }), span(`${id}1`, id, 1, 1)]);
  assert.equal(rowsOf(parents).length, 6);
});

test('spans that are their own parents do not hang the page', () => {
  assert.equal(rowsOf([span('a', 'a', 0, 1)]).length, 1);
  assert.deepEqual(rowsOf([span('a', 'b', 0, 1), span('b', 'a', 0, 1)]), []);
});

test('time is split by service and kind; the rest is outside of all spans', () => {
  const waterfall: Waterfall = {
    trace: '',
    span: '',
    clock_ms: 0,
    left_out: 0,
    request: { at_ms: 0, duration_ms: 100, status: 200, failed: false, bytes: 1 },
    spans: [span('root', 'r', 0, 90, { self_ms: 30 }), query('a', 'root', 1, 's'), { ...query('b', 'root', 9, 's'), self_ms: 58 }],
  };
  const { parts, outside } = splitOf(waterfall);
  assert.deepEqual(
    parts.map((p) => [p.kind, p.ms, p.share, p.spans]),
    [
      ['database', 60, 0.6, 2],
      ['server', 30, 0.3, 1],
    ],
  );
  assert.equal(outside, 10);
});

test('each part has one colour', () => {
  const colours = coloursOf(['a', 'b', 'a']);
  assert.equal(colours.size, 2);
  assert.notEqual(colours.get('a'), colours.get('b'));
});

test('ids of ours lead to a trace', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  assert.deepEqual(traceOf(`${trace}-00f067aa0ba902b7`), { trace, span: '00f067aa0ba902b7' });
  assert.deepEqual(traceOf(trace), { trace, span: null });
  assert.equal(traceOf('visit-1-2'), null);
  assert.equal(traceOf(null), null);
});

test('a search of log lines: fields, pieces, text', () => {
  assert.deepEqual(logQuery('level=error path~checkout pool timeout'), { level: 'error', 'path~': 'checkout', q: 'pool timeout' });
  assert.deepEqual(logQuery('http.status=500'), { 'http.status': '500' });
  assert.deepEqual(logQuery('limit=9 q=x'), { q: 'limit=9 q=x' });
  assert.deepEqual(logQuery(' '), {});
});

test('a line is its message and its other fields', () => {
  const { text, fields } = lineOf({ level: 'error', message: 'no', http: { status: 500 }, tags: ['a'], ts: 1 });
  assert.equal(text, 'no');
  assert.deepEqual(fields, [
    ['http.status', '500'],
    ['tags', '["a"]'],
  ]);
});
