// Numbers as people read them. Every formatter gives text of steady width for steady magnitudes, and "–" for null.

import type { Num } from './types';

export const NONE = '–';
const groups = new Intl.NumberFormat('en-US');

export function count(n: Num | undefined): string {
  return n === null || n === undefined ? NONE : groups.format(Math.round(n));
}

/** 1234567 → 1.23 M: for tiles and axes, where the digits that matter are three. */
export function compact(n: Num | undefined): string {
  if (n === null || n === undefined) return NONE;
  const size = Math.abs(n);
  if (size >= 1e9) return `${digits3(n / 1e9)} G`;
  if (size >= 1e6) return `${digits3(n / 1e6)} M`;
  if (size >= 1e5) return `${digits3(n / 1e3)} k`;
  if (size >= 100 || Number.isInteger(n)) return groups.format(Math.round(n));
  return n.toFixed(size >= 10 ? 1 : 2);
}

function digits3(n: number): string {
  const size = Math.abs(n);
  return n.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

export function rate(n: Num | undefined): string {
  if (n === null || n === undefined) return NONE;
  if (n >= 1000 || Number.isInteger(n)) return groups.format(Math.round(n));
  return n.toFixed(n >= 100 ? 0 : n >= 10 ? 1 : 2);
}

/** A response time with its unit: 0.42 ms, 12.3 ms, 842 ms, 1.24 s, 2 min 5 s. */
export function ms(n: Num | undefined): string {
  if (n === null || n === undefined) return NONE;
  const size = Math.abs(n);
  if (size >= 120000) return duration(n / 1000);
  if (size >= 1000) return `${(n / 1000).toFixed(size >= 10000 ? 1 : 2)} s`;
  return `${msNumber(n)} ms`;
}

/** The same without a unit, always in milliseconds: for table columns whose head says so. */
export function msNumber(n: Num | undefined): string {
  if (n === null || n === undefined) return NONE;
  const size = Math.abs(n);
  if (size >= 1000) return groups.format(Math.round(n));
  return n.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

export function bytes(n: Num | undefined): string {
  if (n === null || n === undefined) return NONE;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let i = 0;
  while (Math.abs(n) >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${i === 0 ? Math.round(n) : digits3(n)} ${units[i]}`;
}

/** A share as percent; small shares keep their first digit, so that one failure in a million does not read as none. */
export function percent(share: Num | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return NONE;
  const p = share * 100;
  if (p === 0) return '0 %';
  if (p < 0.01) return '< 0.01 %';
  if (p >= 99.995) return '100 %';
  return `${p.toFixed(p >= 10 ? 1 : 2)} %`;
}

/** Round figures without their zeros, for axes: "1.00 s" is 1 s, "2.50 %" is 2.5 %. */
export function terse(text: string): string {
  return text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}

/** A moment of the run: 00:31, 12:05, 1:02:03. */
export function clock(s: Num | undefined): string {
  if (s === null || s === undefined) return NONE;
  const whole = Math.max(0, Math.floor(s));
  const h = Math.floor(whole / 3600);
  const m = Math.floor(whole / 60) % 60;
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(whole % 60)}` : `${two(m)}:${two(whole % 60)}`;
}

/** A length of time in words: 45 s, 5 min, 1 h 30 min. */
export function duration(s: Num | undefined): string {
  if (s === null || s === undefined) return NONE;
  if (s < 10 && !Number.isInteger(s)) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  const parts = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const said = parts.filter(([n]) => n > 0).slice(0, 2);
  return said.length === 0 ? '0 s' : said.map(([n, unit]) => `${n} ${unit}`).join(' ');
}

export function when(at: Num | undefined, now: number = Date.now()): string {
  if (at === null || at === undefined) return NONE;
  const date = new Date(at);
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const days = Math.round((midnight(now) - midnight(at)) / 86400000);
  if (days === 0) return `today ${time}`;
  if (days === 1) return `yesterday ${time}`;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${time}`;
}

export function timeOfDay(at: number): string {
  const date = new Date(at);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}

function midnight(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** The last part of a path: what people call a script. */
export function baseName(path: string): string {
  return path.replace(/.*\/(?=.)/, '');
}

/** The difference of two response times with its sign: +18.2 ms. */
export function signedMs(n: Num | undefined): string {
  if (n === null || n === undefined) return NONE;
  return `${n > 0 ? '+' : n < 0 ? '−' : '±'}${ms(Math.abs(n))}`;
}

export function signedPercent(share: number): string {
  const p = Math.abs(share * 100);
  return `${share > 0 ? '+' : share < 0 ? '−' : '±'}${p.toFixed(p >= 10 ? 0 : 1)} %`;
}

/** Text that looks like JSON, laid out; anything else as it is. */
export function pretty(text: string): string {
  const head = text.trimStart()[0];
  if (head !== '{' && head !== '[') return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
