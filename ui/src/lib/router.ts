// Addresses live behind the '#', so that the page works below any base path: #/runs/12/statistics?from=12&to=31

import { computed, signal } from '@preact/signals';
import type { Span } from './types';

export interface Route {
  parts: string[];
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const text = hash.replace(/^#\/?/, '');
  const cut = text.indexOf('?');
  const path = cut < 0 ? text : text.slice(0, cut);
  return {
    parts: path
      .split('/')
      .filter((part) => part !== '')
      .map(decode),
    query: new URLSearchParams(cut < 0 ? '' : text.slice(cut + 1)),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const here = signal(typeof location === 'undefined' ? '' : location.hash);
export const route = computed(() => parse(here.value));

export function listen(): void {
  addEventListener('hashchange', () => {
    here.value = location.hash;
  });
}

export function href(parts: (string | number)[], query: Record<string, string | number | null | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  }
  const tail = search.toString();
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}${tail ? `?${tail}` : ''}`;
}

export function go(parts: (string | number)[], query?: Record<string, string | number | null | undefined>): void {
  location.hash = href(parts, query);
}

/** Changes parameters of the address in place: no step in the history, nothing scrolls. */
export function replaceQuery(changes: Record<string, string | number | null>): void {
  const { parts, query } = route.value;
  const all: Record<string, string | number | null> = Object.fromEntries(query.entries());
  Object.assign(all, changes);
  history.replaceState(null, '', href(parts, all));
  here.value = location.hash;
}

/** The window that is looked at, from the address. */
export const span = computed<Span | null>(() => {
  const from = Number(route.value.query.get('from') ?? NaN);
  const to = Number(route.value.query.get('to') ?? NaN);
  return Number.isFinite(from) && Number.isFinite(to) && to > from ? { from, to } : null;
});

export function setSpan(next: Span | null): void {
  replaceQuery({ from: next ? next.from : null, to: next ? next.to : null });
}
