// The window that all tables are about, and the way out of it; also the way in for those who do not drag.

import { useState } from 'preact/hooks';
import { clock, duration } from '../lib/format';
import { latest } from '../lib/live';
import { replaceQuery, route, setSpan, span } from '../lib/router';
import type { Span } from '../lib/types';
import { Button, Dialog } from './basics';
import { Icon } from './icons';
import { useRun, useWindow } from './runcontext';

/** "90", "1:30" or "1:02:03" as seconds; null when it is none of these. */
export function parseClock(text: string): number | null {
  const parts = text.trim().split(':');
  if (parts.length > 3 || parts.some((p) => !/^\d+$/.test(p))) return null;
  return parts.reduce((sum, p) => sum * 60 + Number(p), 0);
}

export function WindowChip({ onEdit }: { onEdit: () => void }) {
  const { sinceReset, from } = useWindow();
  const chosen = span.value;
  if (!chosen) {
    return (
      <div class="window-chip idle">
        {sinceReset && <span class="num">since reset at {clock(from)}</span>}
        <button type="button" class="quiet-button" onClick={onEdit} title="Choose a window by its times (w)">
          <Icon name="clock" /> All of the run
        </button>
      </div>
    );
  }
  const zoomed = route.value.query.has('zoom');
  return (
    <div class="window-chip on" role="group" aria-label="Window">
      <button type="button" class="chip-text num" onClick={onEdit} title="Change its times (w)">
        window: {clock(chosen.from)}–{clock(chosen.to)} <small>{duration(chosen.to - chosen.from)}</small>
      </button>
      <button
        type="button"
        aria-pressed={zoomed}
        title={zoomed ? 'Charts show all of the run again (z)' : 'Charts show the window only (z)'}
        aria-label="Zoom charts to the window"
        onClick={() => replaceQuery({ zoom: zoomed ? null : 1 })}
      >
        <Icon name="zoom" />
      </button>
      <button type="button" title="Leave the window (Esc)" aria-label="Leave the window" onClick={leaveWindow}>
        <Icon name="close" />
      </button>
    </div>
  );
}

export function leaveWindow(): void {
  replaceQuery({ from: null, to: null, zoom: null });
}

function presets(end: number): [string, Span][] {
  const all: [string, Span][] = [
    ['Last 30 s', { from: Math.max(0, end - 30), to: end }],
    ['Last minute', { from: Math.max(0, end - 60), to: end }],
    ['Last 5 minutes', { from: Math.max(0, end - 300), to: end }],
    ['First half', { from: 0, to: Math.ceil(end / 2) }],
    ['Second half', { from: Math.floor(end / 2), to: end }],
    ['Middle three fifths', { from: Math.floor(end / 5), to: Math.ceil((end * 4) / 5) }],
  ];
  return all.filter(([, s]) => s.to > s.from);
}

export function WindowDialog({ onClose }: { onClose: () => void }) {
  const { detail, live } = useRun();
  const end = live ? (latest.value?.t ?? 0) + 1 : Math.ceil(detail?.span?.to ?? detail?.duration_s ?? 0);
  const [from, setFrom] = useState(clock(span.value?.from ?? 0));
  const [to, setTo] = useState(clock(span.value?.to ?? end));
  const a = parseClock(from);
  const b = parseClock(to);
  const wrong = a === null || b === null ? 'Write times as 90, 1:30 or 1:02:03.' : b <= a ? 'The end must come after the beginning.' : '';
  const choose = (next: Span) => {
    setSpan(next);
    onClose();
  };
  const submit = (e: Event) => {
    e.preventDefault();
    if (a !== null && b !== null && !wrong) choose({ from: a, to: b });
  };
  return (
    <Dialog title="Window" onClose={onClose}>
      <form onSubmit={submit} class="stack">
        <p class="hint">Every table is about this part of the run only. Dragging over any chart does the same.</p>
        <div class="preset-row">
          {presets(end).map(([text, s]) => (
            <Button small key={text} onClick={() => choose(s)}>
              {text}
            </Button>
          ))}
        </div>
        <div class="field-row">
          <label class="field">
            <span>From</span>
            <input class="num" value={from} onInput={(e) => setFrom(e.currentTarget.value)} />
          </label>
          <label class="field">
            <span>To</span>
            <input class="num" value={to} onInput={(e) => setTo(e.currentTarget.value)} />
          </label>
        </div>
        <p class="field-error" role="alert">
          {wrong}
        </p>
        <footer class="dialog-foot">
          <Button
            onClick={() => {
              leaveWindow();
              onClose();
            }}
          >
            All of the run
          </Button>
          <Button kind="primary" type="submit" disabled={Boolean(wrong)}>
            Show the window
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
