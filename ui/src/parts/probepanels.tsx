// Small pictures of what was observed, under the cursor and the window of the load's charts. They are read in groups, only those in
// sight, and in no more points than they can show.

import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { get } from '../lib/api';
import { plural } from '../lib/format';
import { useResource, useSeen } from '../lib/hooks';
import { latest } from '../lib/live';
import { pins, togglePin } from '../lib/pins';
import { formatOf, groupsOf, PROBE_POINTS, unitWord, valuesOf, type Panel } from '../lib/probes';
import { route, setSpan, span } from '../lib/router';
import type { Num, Probes, Span } from '../lib/types';
import { Button } from './basics';
import { Chart, type Line } from './chart';
import { useRun } from './runcontext';

const COLOURS = ['--chart-1', '--run-3', '--run-5', '--run-6', '--run-7'];
const LIVE_MS = 2000;
/** A limit that is this far away would press the values flat: it is told, not drawn. */
const FAR = 8;

/** The seconds that all pictures of the run cover, so that they stand under each other. */
export function useRange(): { zoom: Span | null; range: Span } {
  const { detail, live } = useRun();
  const zoom = route.value.query.has('zoom') ? span.value : null;
  const end = Math.max(live ? (latest.value?.t ?? 0) + 1 : 0, detail?.span?.to ?? 0, 30);
  return { zoom, range: zoom ?? { from: 0, to: end } };
}

export interface Part {
  source: string;
  name: string;
}

/** Some of the series; null: not now. */
export function useProbes(part: Part | null, points = PROBE_POINTS, within?: Span | null) {
  const { id, live } = useRun();
  const { zoom } = useRange();
  const wanted = within === undefined ? zoom : within;
  const key = part && `${id}/${part.source}/${part.name}/${points}/${wanted?.from}-${wanted?.to}/${live}`;
  return useResource<Probes>(
    key,
    (signal) => get<Probes>(`runs/${id}/probes`, { ...part, points, from: wanted?.from, to: wanted?.to }, signal),
    live && !wanted ? LIVE_MS : null,
  );
}

function top(values: Num[]): number {
  let most = 0;
  for (const v of values) if (v !== null && v > most) most = v;
  return most;
}

function linesOf(panel: Panel, probes: Probes | undefined): { lines: Line[]; far: Num } {
  const lines: Line[] = panel.lines.map((line, i) => ({
    label: panel.lines.length === 1 && line.label === 'now' ? '' : line.label,
    colour: COLOURS[i % COLOURS.length]!,
    values: valuesOf(probes, panel.source, line.name),
    fill: panel.lines.length === 1,
  }));
  if (!panel.limit) return { lines, far: null };
  const limit = valuesOf(probes, panel.source, panel.limit);
  const most = Math.max(...lines.map((line) => top(line.values)));
  if (most > 0 && top(limit) > most * FAR) return { lines, far: top(limit) };
  return { lines: [...lines, { label: 'limit', colour: '--warn', values: limit, dash: [5, 4], steps: true }], far: null };
}

interface PictureProps {
  panel: Panel;
  probes: Probes | undefined;
  range: Span;
  chosen?: Span | null;
  onSpan?: (span: Span) => void;
  pinnable?: boolean;
  title?: string;
}

const NOTHING: number[] = [];

export function ProbeChart({ panel, probes, range, chosen, onSpan, pinnable, title }: PictureProps) {
  const { detail } = useRun();
  const { lines, far } = linesOf(panel, probes);
  const format = formatOf(panel.unit);
  const pinned = pins.value.includes(panel.key);
  const unit = far === null ? unitWord(panel.unit) : `${unitWord(panel.unit)} of ${format(far)}`;
  return (
    <Chart
      small
      title={title ?? panel.title}
      label={`${panel.title} of ${panel.source}`}
      unit={unit}
      empty={probes ? 'Not heard in this window' : 'Reading…'}
      format={format}
      t={probes?.t ?? NOTHING}
      sync="run"
      width_s={probes?.width_s ?? 1}
      marks={detail?.marks}
      range={range}
      span={chosen ?? null}
      onSpan={onSpan}
      atLeast={panel.full ?? (panel.unit === 'share' ? 0.05 : panel.unit === 'seconds' ? 0.001 : panel.unit === 'bytes' ? 1000 : 1)}
      lines={lines}
      actions={
        pinnable && (
          <Button
            kind="ghost"
            small
            icon="pin"
            pressed={pinned}
            label={pinned ? `Take ${panel.title} from the overview` : `Show ${panel.title} on the overview`}
            onClick={() => togglePin(panel.key)}
          />
        )
      }
    />
  );
}

/** A picture that reads its own series, once it is in sight. */
export function LonePanel({ panel, pinnable, marked, title }: { panel: Panel; pinnable?: boolean; marked?: boolean; title?: string }) {
  const [box, seen] = useSeen<HTMLDivElement>();
  const { zoom, range } = useRange();
  // Of what is drawn together the names begin alike: "app.pool.busy", "app.pool.waiting", "app.pool.limit".
  const names = [...panel.lines.map((l) => l.name), ...(panel.limit ? [panel.limit] : [])];
  const read = useProbes(seen ? { source: panel.source, name: common(names) } : null);
  const held = useRef<Probes | undefined>(undefined);
  if (read.data) held.current = read.data;
  return (
    <Place box={box} marked={marked}>
      <ProbeChart panel={panel} probes={held.current} range={range} chosen={zoom ? null : span.value} onSpan={setSpan} pinnable={pinnable} title={title} />
    </Place>
  );
}

export function common(names: string[]): string {
  let head = names[0] ?? '';
  for (const name of names) while (!name.startsWith(head)) head = head.slice(0, -1);
  return head;
}

/** Where a picture stands; an address that asks for it leads here. */
export function Place({ box, marked, children }: { box?: RefObject<HTMLDivElement | null>; marked?: boolean; children: ComponentChildren }) {
  const own = useRef<HTMLDivElement>(null);
  const ref = box ?? own;
  useEffect(() => {
    if (marked) ref.current?.scrollIntoView({ block: 'center' });
  }, [marked]);
  return (
    <div class={`panel-place${marked ? ' marked' : ''}`} ref={ref}>
      {children}
    </div>
  );
}

/** Under the overview's charts: what somebody has put there, and the way to the rest. */
export function PinnedProbes() {
  const { observed, link } = useRun();
  const keys = observed.data?.series ?? [];
  if (keys.length === 0) return null;
  const panels = groupsOf(keys, []).flatMap((g) => g.panels);
  const shown = pins.value.map((key) => panels.find((p) => p.key === key)).filter((p): p is Panel => Boolean(p));
  return (
    <section class="pinned" aria-label="Probes">
      <header class="pinned-head">
        <h3>Probes</h3>
        <a href={link('probes')}>
          {plural(keys.length, 'series', 'series')} of {plural(new Set(keys.map((k) => k.source)).size, 'source')} →
        </a>
        {shown.length === 0 && <span class="hint">Pin a picture there, and it stands here, too.</span>}
      </header>
      {shown.length > 0 && (
        <div class="panels">
          {shown.map((p) => (
            <LonePanel key={p.key} panel={p} pinnable title={`${p.title} · ${p.source}`} />
          ))}
        </div>
      )}
    </section>
  );
}
