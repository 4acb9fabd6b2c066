import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidenceWord, contextOf, spanOfEvidence, split } from '../src/lib/findings';
import { familyOf, formatOf, groupsOf, hasSeries, noteValue, plainName, search, valuesOf } from '../src/lib/probes';
import { common } from '../src/parts/probepanels';
import { isWatch } from '../src/pages/runpage';
import type { Evidence, Finding, ProbeSeries, ProbeUnit, Probes } from '../src/lib/types';

const series = (source: string, name: string, unit: ProbeUnit = 'count'): ProbeSeries => ({ source, name, unit, mean: [1, 2], max: [2, 3] });
const evidence = (from_s: number | null, to_s: number | null): Evidence => ({ source: 'host', series: 'host.cpu.used', from_s, to_s, text: '' });
const finding = (confidence: number, level: Finding['level'] = 'warning'): Finding => ({
  kind: 'cpu',
  level,
  title: '',
  confidence,
  impact: 0,
  text: '',
  remedy: '',
  evidence: [],
  endpoints: [],
});

test('confidence is said in words', () => {
  assert.deepEqual(
    [0.94, 0.85, 0.84, 0.65, 0.3].map((c) => confidenceWord(finding(c))),
    ['nearly certain', 'nearly certain', 'likely', 'likely', 'perhaps'],
  );
});

test('evidence sets a window of whole seconds, or none', () => {
  assert.deepEqual(spanOfEvidence(evidence(12.4, 40.2)), { from: 12, to: 41 });
  assert.equal(spanOfEvidence(evidence(null, 40)), null);
  assert.equal(spanOfEvidence(evidence(0, 0)), null);
  assert.deepEqual(contextOf(evidence(5, 40), 45), { from: 0, to: 45 });
  assert.deepEqual(contextOf(evidence(100, 300), 1000), { from: 80, to: 320 });
});

test('notes are no faults', () => {
  const both = split([finding(0.9, 'error'), finding(0.9, 'note')]);
  assert.deepEqual([both.broke.length, both.notes.length], [1, 1]);
});

test('series that belong together stand in one picture, under their limit', () => {
  const keys = [
    series('http://a/metrics', 'app.pool.busy'),
    series('http://a/metrics', 'app.pool.waiting'),
    series('http://a/metrics', 'app.pool.limit'),
    series('host', 'host.cpu.used', 'share'),
    series('http://a/metrics', 'go_goroutines{job="x"}'),
  ];
  const groups = groupsOf(keys, [{ source: 'host', about: 'host.cpu.used', text: 'x', value: 0.5 }]);
  assert.deepEqual(
    groups.map((g) => [g.family, g.source, g.panels.length, g.notes.length]),
    [
      ['app', 'http://a/metrics', 1, 0],
      ['host', 'host', 1, 1],
      ['', 'http://a/metrics', 1, 0],
    ],
  );
  const pool = groups[0]!.panels[0]!;
  assert.equal(pool.limit, 'app.pool.limit');
  assert.deepEqual(
    pool.lines.map((l) => l.label),
    ['busy', 'waiting'],
  );
  assert.equal(groups[2]!.panels[0]!.title, 'go_goroutines{job="x"}');
  assert.ok(hasSeries(pool, 'http://a/metrics', 'app.pool.limit'));
  assert.ok(!hasSeries(pool, 'host', 'app.pool.limit'));
});

test('every series is in exactly one picture', () => {
  const names = 'postgres.connections postgres.connections.active postgres.connections_limit postgres.deadlocks_per_second new.thing thing_limit thing';
  const keys = names.split(' ').map((n) => series('s', n));
  const shown = groupsOf(keys, []).flatMap((g) => g.panels.flatMap((p) => [...p.lines.map((l) => l.name), ...(p.limit ? [p.limit] : [])]));
  assert.deepEqual([...shown].sort(), names.split(' ').sort());
});

test('one picture has one unit', () => {
  const keys = [series('s', 'proc.cpu.busiest', 'share'), series('s', 'proc.cpu.busiest_waiting', 'count')];
  const panels = groupsOf(keys, [])[0]!.panels;
  assert.equal(panels.length, 2);
});

test('a search fits names, words and sources', () => {
  const keys = [series('postgres shop', 'postgres.waits.lock'), series('host', 'host.run_queue')];
  const groups = groupsOf(keys, []);
  assert.equal(search(groups, '').length, 2);
  assert.deepEqual(
    search(groups, 'SHOP lock').map((g) => g.family),
    ['postgres'],
  );
  assert.deepEqual(
    search(groups, 'machine').map((g) => g.family),
    ['host'],
  );
  assert.equal(search(groups, 'nowhere').length, 0);
});

test('values are told in their unit', () => {
  const told: [ProbeUnit, number, string][] = [
    ['share', 0.382, '38.2 %'],
    ['bytes', 1.82e8, '182 MB'],
    ['bytes_per_second', 5200, '5.20 kB/s'],
    ['seconds', 0.021, '21.0 ms'],
    ['per_second', 812, '812'],
    ['count', 20, '20'],
  ];
  for (const [unit, value, text] of told) assert.equal(formatOf(unit)(value), text);
  assert.equal(formatOf('share')(null), '–');
  const note = { source: 'p', about: 'postgres.statement.slowest_mean', text: '', value: 0.5 };
  assert.equal(noteValue(note, []), '500 ms');
  assert.equal(noteValue({ ...note, value: null }, []), '');
});

test('names', () => {
  assert.equal(familyOf('postgres.waits.lock'), 'postgres');
  assert.equal(familyOf('app_requests_total{a="b"}'), '');
  assert.equal(plainName('postgres.seq_reads_per_second'), 'Seq reads');
  assert.equal(common(['app.pool.busy', 'app.pool.limit']), 'app.pool.');
  assert.equal(common(['app.workers', 'app.workers.busy', 'app.queue']), 'app.');
});

test('a series of another source is not shown', () => {
  const probes: Probes = { window: { from: 0, to: 2, width_s: 1 }, width_s: 1, t: [0, 1], series: [series('host at b', 'host.run_queue')], notes: [] };
  assert.deepEqual(valuesOf(probes, 'host', 'host.run_queue'), []);
  assert.deepEqual(valuesOf(probes, 'host at b', 'host.run_queue'), [1, 2]);
});

test('a watch is known by its command', () => {
  assert.ok(isWatch('halftime watch shop.js --every 30s'));
  assert.ok(isWatch('/usr/bin/halftime watch'));
  assert.ok(!isWatch('halftime k6 run watch.js'));
});
