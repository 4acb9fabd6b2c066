// The server-side trace of a request, made readable: repeated spans folded into one row, and its time split by who used it.

import type { Params } from './api';
import type { TraceSpan, TraceSummary, Waterfall } from './types';

/** So many alike below one parent become one row. */
const FOLD_FROM = 3;
const FOLDED_KINDS = ['database', 'cache', 'http'];

export interface WaterfallRow {
  key: string;
  span: TraceSpan;
  depth: number;
  /** All that stand in this row; one, or FOLD_FROM and more. */
  spans: TraceSpan[];
  start: number;
  end: number;
  /** Sum of their durations. */
  busy: number;
  failed: boolean;
}

function alike(span: TraceSpan): string {
  return `${span.parent}|${span.service}|${span.kind}|${span.statement ?? span.name}`;
}

function rowOf(spans: TraceSpan[], depth: number): WaterfallRow {
  const span = spans[0]!;
  return {
    key: span.id,
    span,
    depth,
    spans,
    start: Math.min(...spans.map((s) => s.start_ms)),
    end: Math.max(...spans.map((s) => s.start_ms + s.duration_ms)),
    busy: spans.reduce((all, s) => all + s.duration_ms, 0),
    failed: spans.some((s) => s.failed),
  };
}

/** Rows from the outermost span inwards; children after their parent, by their beginning. */
export function rowsOf(spans: TraceSpan[]): WaterfallRow[] {
  const known = new Set(spans.map((s) => s.id));
  const children = new Map<string, TraceSpan[]>();
  for (const span of spans) {
    const parent = known.has(span.parent) && span.parent !== span.id ? span.parent : '';
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const rows: WaterfallRow[] = [];
  const done = new Set<string>();
  const walk = (parent: string, depth: number) => {
    const here = (children.get(parent) ?? []).slice().sort((a, b) => a.start_ms - b.start_ms);
    const groups = new Map<string, TraceSpan[]>();
    for (const span of here) {
      const leaf = !children.has(span.id) && FOLDED_KINDS.includes(span.kind ?? '');
      const key = leaf ? alike(span) : span.id;
      groups.set(key, [...(groups.get(key) ?? []), span]);
    }
    for (const group of groups.values()) {
      for (const part of group.length >= FOLD_FROM ? [group] : group.map((s) => [s])) {
        if (done.has(part[0]!.id)) continue;
        for (const s of part) done.add(s.id);
        rows.push(rowOf(part, depth));
        if (part.length === 1) walk(part[0]!.id, depth + 1);
      }
    }
  };
  walk('', 0);
  return rows;
}

export interface Share {
  key: string;
  service: string;
  kind: string;
  ms: number;
  spans: number;
  share: number;
}

export function partKey(service: string | undefined, kind: string | undefined): string {
  return `${service ?? ''}|${kind ?? ''}`;
}

const KIND_WORDS: Record<string, string> = { server: 'own code', database: 'database', cache: 'cache', http: 'calls of others', other: 'other' };

export function kindWord(kind: string): string {
  return KIND_WORDS[kind] ?? kind;
}

function shared(parts: Omit<Share, 'share'>[], whole: number): Share[] {
  const sum = parts.reduce((all, p) => all + p.ms, 0);
  const all = Math.max(whole, sum, 1e-9);
  return parts
    .filter((p) => p.ms > 0)
    .map((p) => ({ ...p, share: p.ms / all }))
    .sort((a, b) => b.ms - a.ms);
}

/** Where the time of a request went: each part's own, and last what is outside of all spans. */
export function splitOf(w: Waterfall): { parts: Share[]; outside: number } {
  const parts = new Map<string, Omit<Share, 'share'>>();
  for (const s of w.spans) {
    const key = partKey(s.service, s.kind);
    const part = parts.get(key) ?? { key, service: s.service ?? '', kind: s.kind ?? 'other', ms: 0, spans: 0 };
    part.ms += s.self_ms;
    part.spans++;
    parts.set(key, part);
  }
  const inside = [...parts.values()].reduce((all, p) => all + p.ms, 0);
  return { parts: shared([...parts.values()], w.request.duration_ms), outside: Math.max(0, w.request.duration_ms - inside) };
}

/** The same of all requests of an endpoint, per request. */
export function splitOfEndpoint(s: TraceSummary): Share[] {
  const n = Math.max(1, s.requests);
  return shared(
    s.parts.map((p) => ({ key: partKey(p.service, p.kind), service: p.service, kind: p.kind, ms: (p.seconds * 1000) / n, spans: p.spans / n })),
    0,
  );
}

const PALETTE = ['--run-2', '--run-4', '--run-3', '--run-5', '--run-6', '--run-7', '--run-8'];

/** A colour for each part, the same in all pictures of a page: in the order of their names. */
export function coloursOf(keys: string[]): Map<string, string> {
  return new Map([...new Set(keys)].map((key, i) => [key, PALETTE[i % PALETTE.length]!]));
}

const REQUEST_ID = /^([0-9a-f]{32})(?:-([0-9a-f]{16}))?$/;

/** The trace that a correlation id names, when it is one of ours. */
export function traceOf(correlation: string | null): { trace: string; span: string | null } | null {
  const found = REQUEST_ID.exec(correlation ?? '');
  return found ? { trace: found[1]!, span: found[2] ?? null } : null;
}

const RESERVED = ['limit', 'trace', 'span', 'q', 'token'];

/** "level=error path~checkout timeout" as parameters: fields, pieces of fields, and a text anywhere. */
export function logQuery(text: string): Params {
  const params: Params = {};
  const free: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const found = /^([\w.@-]+)([=~])(.+)$/.exec(word);
    if (found && !RESERVED.includes(found[1]!)) params[found[2] === '~' ? `${found[1]}~` : found[1]!] = found[3]!;
    else if (found && (found[1] === 'trace' || found[1] === 'span') && found[2] === '=') params[found[1]] = found[3]!;
    else free.push(word);
  }
  if (free.length > 0) params.q = free.join(' ');
  return params;
}

const TEXT_FIELDS = ['message', 'msg', 'event', 'body', 'text'];
const KNOWN_FIELDS = ['ts', 'time', 'timestamp', '@timestamp', 'asctime', 'level', 'severity', 'levelname', 'lvl'];

/** What a line says, and its other fields by path. */
export function lineOf(line: Record<string, unknown>): { text: string; fields: [string, string][] } {
  const said = TEXT_FIELDS.find((f) => typeof line[f] === 'string');
  const fields: [string, string][] = [];
  const add = (path: string, value: unknown, depth: number) => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value) && depth < 3) {
      for (const [k, v] of Object.entries(value)) add(`${path}.${k}`, v, depth + 1);
    } else fields.push([path, typeof value === 'string' ? value : JSON.stringify(value)]);
  };
  for (const [k, v] of Object.entries(line)) if (k !== said && !KNOWN_FIELDS.includes(k)) add(k, v, 0);
  return { text: said ? String(line[said]) : '', fields };
}
