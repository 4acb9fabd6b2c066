import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, clock, compact, count, duration, ms, msNumber, percent, pretty, rate, signedMs, terse, when } from '../src/lib/format';

function table<T>(name: string, f: (x: T) => string, cases: [T, string][]): void {
  test(name, () => {
    for (const [input, expected] of cases) assert.equal(f(input), expected, `${name}(${String(input)})`);
  });
}

table('count', count, [
  [0, '0'],
  [1234567, '1,234,567'],
  [null, '–'],
]);
table('compact', compact, [
  [999, '999'],
  [48120, '48,120'],
  [123456, '123 k'],
  [31600000, '31.6 M'],
  [2.5, '2.50'],
  [null, '–'],
]);
table('rate', rate, [
  [0, '0'],
  [9, '9'],
  [8.361, '8.36'],
  [47.25, '47.3'],
  [812.4, '812'],
  [12345.6, '12,346'],
  [null, '–'],
]);
table('ms', ms, [
  [0.42, '0.42 ms'],
  [12.34, '12.3 ms'],
  [842, '842 ms'],
  [1240, '1.24 s'],
  [12400, '12.4 s'],
  [125000, '2 min 5 s'],
  [null, '–'],
]);
table('msNumber', msNumber, [
  [0.42, '0.42'],
  [1234.4, '1,234'],
  [null, '–'],
]);
table('bytes', bytes, [
  [512, '512 B'],
  [1840, '1.84 kB'],
  [51200000, '51.2 MB'],
  [null, '–'],
]);
table('percent', percent, [
  [0, '0 %'],
  [0.00001, '< 0.01 %'],
  [0.0241, '2.41 %'],
  [0.148, '14.8 %'],
  [1, '100 %'],
  [Number.NaN, '–'],
]);
table('clock', clock, [
  [0, '00:00'],
  [31.9, '00:31'],
  [725, '12:05'],
  [3723, '1:02:03'],
  [null, '–'],
]);
table('duration', duration, [
  [0, '0 s'],
  [4.5, '4.5 s'],
  [45, '45 s'],
  [300, '5 min'],
  [5400, '1 h 30 min'],
  [90061, '1 d 1 h'],
  [null, '–'],
]);
table('terse', terse, [
  ['1.00 s', '1 s'],
  ['2.50 %', '2.5 %'],
  ['0.00 ms', '0 ms'],
  ['100 ms', '100 ms'],
  ['10.0 ms', '10 ms'],
  ['200', '200'],
  ['1,200', '1,200'],
]);
table('signedMs', signedMs, [
  [18.2, '+18.2 ms'],
  [-3, '−3.00 ms'],
  [0, '±0.00 ms'],
  [null, '–'],
]);
table('pretty', pretty, [
  ['{"a":1}', '{\n  "a": 1\n}'],
  ['{broken', '{broken'],
  ['overloaded', 'overloaded'],
]);

test('when: near days have names', () => {
  const now = new Date(2026, 10, 21, 12, 0).getTime();
  assert.equal(when(new Date(2026, 10, 21, 7, 5).getTime(), now), 'today 07:05');
  assert.equal(when(new Date(2026, 10, 20, 23, 59).getTime(), now), 'yesterday 23:59');
  assert.equal(when(new Date(2026, 10, 19, 1, 2).getTime(), now), '2026-11-19 01:02');
});
