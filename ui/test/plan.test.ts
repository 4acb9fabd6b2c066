import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRunTime, planHint, planRamp } from '../src/lib/plan';

test('run times as Locust takes them', () => {
  const cases: [string, number | null][] = [
    ['', 0],
    ['300', 300],
    ['20s', 20],
    ['3m', 180],
    ['2h', 7200],
    ['1h30m', 5400],
    ['1h 30m 5s', 5405],
    ['1d', 86400],
    [' 5M ', 300],
    ['abc', null],
    ['5x', null],
    ['-3', null],
    ['1m2h', null],
  ];
  for (const [text, seconds] of cases) assert.equal(parseRunTime(text), seconds, text);
});

test('a ramp that is then held', () => {
  const plan = planRamp(100, 10, 300);
  assert.deepEqual(plan.points, [
    [0, 0],
    [10, 100],
    [300, 100],
    [300, 0],
  ]);
  assert.equal(plan.words, 'Ramps to 100 users in 10 s, holds for 4 min 50 s, ends at 05:00.');
});

test('no end: held until stopped', () => {
  const plan = planRamp(50, 1, 0);
  assert.equal(plan.endless, true);
  assert.equal(plan.span, 100);
  assert.match(plan.words, /until you stop it/);
});

test('a ramp that the run time cuts says how many will have started, and what would help', () => {
  const plan = planRamp(1000, 5, 60);
  assert.deepEqual(plan.points.at(-2), [60, 300]);
  assert.match(plan.words, /only 300 of 1,000 users/);
  assert.match(plan.words, /3 min 20 s/);
});

test('hints where numbers are likely a mistake', () => {
  assert.match(planHint(100, 1, 110), /Most of the run is the ramp/);
  assert.match(planHint(500, 500, 300), /spike/);
  assert.equal(planHint(100, 10, 300), '');
});
