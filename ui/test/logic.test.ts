import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlay, weightOf } from '../src/pages/compare';
import { splitKey } from '../src/pages/endpointpanel';
import { mergeLogs } from '../src/pages/logs';
import { draftOf, faults, request } from '../src/pages/start';
import { snap } from '../src/parts/chart';
import { nextSort } from '../src/parts/datatable';
import { axisTicks, bins } from '../src/parts/histogram';
import { parseClock } from '../src/parts/windowchip';
import { href, parse } from '../src/lib/router';
import { append, merge, shareFailed } from '../src/lib/series';
import { fitnessNow, fitnessThen } from '../src/lib/validity';
import type { ComparedEndpoint, Run, Second, Series, StartForm } from '../src/lib/types';

const series = (t: number[], width_s = 1): Series => {
  const same = (v: number) => t.map(() => v);
  return { width_s, t, users: same(1), rps: same(10), fails_s: same(1), p50: same(5), p95: same(9), p99: same(12), max: same(20) };
};
const second = (t: number): Second => ({
  run: 1,
  t,
  users: 2,
  target: 2,
  rps: 20,
  fails_s: 0,
  p50: 6,
  p95: 10,
  p99: 14,
  max: 30,
  bytes_s: 0,
  workers: [],
});

test('addresses hold names with any sign in them', () => {
  const text = href(['runs', 12, 'statistics'], { endpoint: 'GET /a?b=c&d/e #1', from: 12, to: null });
  const route = parse(text);
  assert.deepEqual(route.parts, ['runs', '12', 'statistics']);
  assert.equal(route.query.get('endpoint'), 'GET /a?b=c&d/e #1');
  assert.equal(route.query.get('to'), null);
  assert.deepEqual(parse('#/%E0%A4%A').parts, ['%E0%A4%A']);
});

test('a second is added once; missed ones stay empty', () => {
  const grown = append(series([0, 1]), second(4));
  assert.deepEqual(grown.t, [0, 1, 2, 3, 4]);
  assert.deepEqual(grown.rps, [10, 10, null, null, 20]);
  assert.equal(append(grown, second(4)), grown);
});

test('what the stream told stays when the ledger is read again', () => {
  const grown = append(append(series([0, 1]), second(2)), second(3));
  assert.deepEqual(merge(series([0, 1, 2]), grown).t, [0, 1, 2, 3]);
  assert.equal(merge(series([0, 2], 2), grown).width_s, 2);
});

test('the share of failures is null where nothing was asked', () => {
  assert.deepEqual(shareFailed({ ...series([0, 1]), rps: [10, 0], fails_s: [1, 0] }), [10, null]);
});

test('a drag becomes whole points within the run', () => {
  assert.deepEqual(snap(12.4, 30.2, 1, 60), { from: 12, to: 31 });
  assert.deepEqual(snap(30, 12, 1, 60), { from: 12, to: 30 });
  assert.deepEqual(snap(-3, 7, 5, 60), { from: 0, to: 10 });
  assert.deepEqual(snap(55, 99, 1, 60), { from: 55, to: 61 });
  assert.equal(snap(70, 80, 1, 60), null);
});

test('sorting: figures from the largest, names from A, a second click turns it round', () => {
  assert.equal(nextSort('', 'p95', true), '-p95');
  assert.equal(nextSort('-p95', 'p95', true), 'p95');
  assert.equal(nextSort('-p95', 'name', false), 'name');
  assert.equal(nextSort('name', 'name', false), '-name');
});

test('histograms are cut to where something is', () => {
  const h = { window: { from: 0, to: 1, width_s: 1 }, count: 3, bounds: [1, 2, 4, 8, 16, 32, 64], counts: [0, 0, 2, 1, 0, 0] };
  assert.deepEqual(
    bins(h).map((b) => b.n),
    [0, 2, 1, 0],
  );
  assert.deepEqual(bins({ ...h, counts: [0, 0, 0, 0, 0, 0] }), []);
  assert.deepEqual(axisTicks(3, 30), [5, 10, 20]);
  assert.deepEqual(axisTicks(0.5, 4000), [1, 10, 100, 1000]);
});

test('times of a window', () => {
  const cases: [string, number | null][] = [
    ['90', 90],
    ['1:30', 90],
    ['1:02:03', 3723],
    ['x', null],
    ['1:2:3:4', null],
    ['', null],
  ];
  for (const [text, s] of cases) assert.equal(parseClock(text), s, text);
});

test('an endpoint without a method', () => {
  assert.deepEqual(splitKey('GET /a b'), { method: 'GET', name: '/a b' });
  assert.deepEqual(splitKey(' grpc'), { method: '', name: 'grpc' });
});

test('log lines that ledger and stream both know come once', () => {
  const a = { at_ms: 1, level: 'info', text: 'a' };
  const b = { at_ms: 2, level: 'info', text: 'b' };
  assert.deepEqual(mergeLogs([a], [a, b]), [a, b]);
});

const FORM: StartForm = {
  users: 10,
  spawn_rate: 2,
  host: null,
  run_time: null,
  host_required: true,
  hide_common_options: false,
  class_picker: true,
  shape: null,
  classes: [{ name: 'A', host: null, weight: 1, fixed_count: 0, tasks: [] }],
  args: [
    { name: 'n', flag: '--n', help: '', kind: 'number', default: 5, choices: null, required: true, secret: false },
    { name: 'on', flag: '--on', help: '', kind: 'flag', default: null, choices: null, required: false, secret: false },
  ],
};

test('the start form says what is wrong, field by field', () => {
  const draft = draftOf(FORM);
  assert.deepEqual(Object.keys(faults(draft, FORM)), ['host']);
  const bad = { ...draft, users: '0', spawnRate: 'x', host: 'example', runTime: '5x', classes: [], args: { n: '' } };
  assert.deepEqual(Object.keys(faults(bad, FORM)).sort(), ['classes', 'host', 'n', 'runTime', 'spawnRate', 'users']);
  assert.deepEqual(faults({ ...draft, host: 'http://a' }, FORM), {});
});

test('what is sent to start a run', () => {
  const draft = { ...draftOf(FORM), host: ' http://a ', runTime: '5m', args: { n: '7', on: true } };
  assert.deepEqual(request(draft, FORM), {
    host: 'http://a',
    run_time: '5m',
    users: 10,
    spawn_rate: 2,
    classes: ['A'],
    args: { n: 7, on: true },
  });
  const shaped = request(draft, { ...FORM, shape: 'Steps', class_picker: false, args: [] });
  assert.deepEqual(shaped, { host: 'http://a', run_time: '5m' });
});

test('is the generator fit to measure', () => {
  const worker = (id: number, cpu: number | null, more = {}) => ({ id, state: 'running', users: 1, cpu, rss_bytes: 1, ...more });
  assert.equal(fitnessNow([]).tone, 'quiet');
  assert.equal(fitnessNow([worker(0, null)]).tone, 'quiet');
  assert.equal(fitnessNow([worker(0, 20), worker(1, 60)]).tone, 'good');
  assert.match(fitnessNow([worker(0, 20), worker(1, 60)]).words, /worker 1 uses 60 %/);
  assert.equal(fitnessNow([worker(0, 85)]).tone, 'warn');
  assert.equal(fitnessNow([worker(0, 20, { late_ms: 400 })]).tone, 'warn');
  assert.equal(fitnessNow([worker(0, 99)]).tone, 'bad');
  assert.equal(fitnessNow([worker(0, 20), { ...worker(1, 0), state: 'lost' }]).tone, 'bad');
  assert.equal(fitnessThen({ exit_code: 90, state: 'ended', words: 'why' } as Run)?.words, 'why');
  assert.equal(fitnessThen({ exit_code: 0, state: 'lost' } as Run)?.tone, 'warn');
  assert.equal(fitnessThen({ exit_code: 99, state: 'ended' } as Run), null);
});

test('runs of different widths are laid over each other', () => {
  const { t, values } = overlay(
    [
      { run: 1, ...series([0, 1, 2, 3]) },
      { run: 2, ...series([0, 2], 2), rps: [7, 8] },
    ],
    'rps',
  );
  assert.deepEqual(t, [0, 1, 2, 3]);
  assert.deepEqual(values, [
    [10, 10, 10, 10],
    [7, 7, 8, 8],
  ]);
});

test('certain changes come first, the largest on top', () => {
  const endpoint = (verdict: 'slower' | 'same', before: number, after: number) =>
    ({ quantiles: [{ p: 0.95, before, after, low: 0, high: 0, verdict }] }) as unknown as ComparedEndpoint;
  assert.ok(weightOf(endpoint('slower', 10, 12)) > weightOf(endpoint('same', 10, 500)));
  assert.ok(weightOf(endpoint('slower', 10, 90)) > weightOf(endpoint('slower', 10, 12)));
});
