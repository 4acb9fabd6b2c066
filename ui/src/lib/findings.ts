// What broke first, for the eye: how sure it is in words, and where its evidence can be looked at.

import type { Evidence, Finding, Span } from './types';

const CERTAIN = 0.85;
const LIKELY = 0.65;
/** What stays in sight before and after an interval, as a share of it. */
const AROUND = 0.1;

export function confidenceWord(finding: Finding): string {
  return finding.confidence >= CERTAIN ? 'nearly certain' : finding.confidence >= LIKELY ? 'likely' : 'perhaps';
}

/** The seconds that evidence is about; null when it names none. */
export function spanOfEvidence(e: Evidence): Span | null {
  if (e.from_s === null || e.to_s === null || !(e.to_s > e.from_s)) return null;
  return { from: Math.max(0, Math.floor(e.from_s)), to: Math.ceil(e.to_s) };
}

/** The seconds that a small picture of it shows. */
export function contextOf(e: Evidence, end: number): Span | null {
  const span = spanOfEvidence(e);
  if (!span) return null;
  const room = Math.max(10, Math.ceil((span.to - span.from) * AROUND));
  return { from: Math.max(0, span.from - room), to: Math.max(span.to, Math.min(end, span.to + room)) };
}

export const CANNOT_TELL = 'unknown';

/** What broke, and beside it what is worth knowing though nothing is broken. */
export function split(all: Finding[]): { broke: Finding[]; notes: Finding[] } {
  return { broke: all.filter((f) => f.level !== 'note'), notes: all.filter((f) => f.level === 'note') };
}
