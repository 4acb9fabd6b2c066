// A chart over time. All charts of a page share the cursor; dragging over one of them chooses the window for the whole page.
//
// uPlot draws; this file gives it our colours, marks and window, and shows the values under the cursor in the chart's head, where their
// place is reserved: nothing moves while the pointer does.

import { useEffect, useRef } from 'preact/hooks';
import type { ComponentChildren, RefObject } from 'preact';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock, NONE, terse } from '../lib/format';
import { useSize } from '../lib/hooks';
import { colour, colours } from '../lib/theme';
import type { Mark, Num, Span } from '../lib/types';

export interface Line {
  label: string;
  /** Custom property with the colour, as "--chart-1". */
  colour: string;
  values: Num[];
  fill?: boolean;
  dash?: number[];
  /** 'steps': holds until the next point. */
  steps?: boolean;
}

export interface ChartProps {
  title: string;
  unit: string;
  t: number[];
  lines: Line[];
  format: (n: Num) => string;
  /** Charts with the same name share their cursor. */
  sync: string;
  width_s: number;
  marks?: Mark[];
  span?: Span | null;
  onSpan?: (span: Span) => void;
  log?: boolean;
  actions?: ComponentChildren;
  /** Highest value of the axis at the least, so that an axis of nothing is not a microscope. */
  atLeast?: number;
  /** One of many: low, its legend below its title, marks without their words. */
  small?: boolean;
  /** The seconds that the axis covers; left out: those of the data. */
  range?: Span | null;
  /** Its name for those who hear the page, where the title alone stands there several times. */
  label?: string;
  /** Said where there are no points. */
  empty?: string;
}

const AXIS_FONT = '11px Inter, system-ui, sans-serif';
const AXIS_WIDTH = 54;
/** Room above the highest point, for the marks' words. */
const ROOM = 1.16;
/** A drag shorter than this is a click. */
const DRAG_PX = 6;

/** Whole points that a drag from one moment to another covers. */
export function snap(a: number, b: number, width: number, last: number): Span | null {
  const from = Math.max(0, Math.floor(Math.min(a, b) / width) * width);
  const to = Math.min(last + width, Math.ceil(Math.max(a, b) / width) * width);
  return to > from ? { from, to } : null;
}

/** While something is dragged charts stand still: what is under the pointer must not move. */
let held = false;

/** Charts follow each other's cursor, but a window is chosen on one of them. */
const followed = (type: string) => type === 'mousemove' || type === 'mouseleave';

type Live = { current: ChartProps };

function drawBelow(u: uPlot, props: ChartProps): void {
  const { ctx, bbox } = u;
  if (!props.span) return;
  const left = u.valToPos(props.span.from, 'x', true);
  const right = u.valToPos(props.span.to, 'x', true);
  ctx.save();
  ctx.fillStyle = colour('--accent', 0.12);
  const x0 = Math.max(bbox.left, left);
  const x1 = Math.min(bbox.left + bbox.width, right);
  if (x1 > x0) ctx.fillRect(x0, bbox.top, x1 - x0, bbox.height);
  ctx.restore();
}

function drawMarks(u: uPlot, props: ChartProps): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${10 * ratio}px Inter, system-ui, sans-serif`;
  ctx.lineJoin = 'round';
  for (const mark of props.marks ?? []) {
    const x = Math.round(u.valToPos(mark.t, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.lineWidth = ratio;
    ctx.strokeStyle = colour('--mark');
    ctx.fillStyle = colour('--text-2');
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (props.small) continue;
    const text = mark.text.length > 24 ? `${mark.text.slice(0, 23)}…` : mark.text;
    const fits = x + ctx.measureText(text).width + 6 * ratio < bbox.left + bbox.width;
    ctx.textAlign = fits ? 'left' : 'right';
    const at = x + (fits ? 4 : -4) * ratio;
    ctx.setLineDash([]);
    ctx.strokeStyle = colour('--surface');
    ctx.lineWidth = 4 * ratio;
    ctx.strokeText(text, at, bbox.top + 9 * ratio);
    ctx.fillText(text, at, bbox.top + 9 * ratio);
  }
  ctx.restore();
}

function axes(props: ChartProps): uPlot.Axis[] {
  const common = { stroke: () => colour('--text-3'), font: AXIS_FONT, ticks: { show: false } };
  return [
    {
      ...common,
      grid: { show: false },
      size: 26,
      gap: 7,
      space: 64,
      values: (_, ticks) => ticks.map((t) => (Number.isInteger(t) ? clock(t) : '')),
      incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400],
    },
    {
      ...common,
      grid: { stroke: () => colour('--line'), width: 1 },
      size: AXIS_WIDTH,
      space: props.small ? 26 : 34,
      gap: 6,
      values: (_, ticks) => ticks.map((v) => (v === null ? '' : terse(props.format(v)))),
    },
  ];
}

function series(props: ChartProps): uPlot.Series[] {
  return [
    {},
    ...props.lines.map(
      (line): uPlot.Series => ({
        label: line.label,
        stroke: () => colour(line.colour),
        fill: line.fill ? () => colour(line.colour, 0.1) : undefined,
        width: 1.5,
        dash: line.dash,
        points: { show: (_u, _s, i0, i1) => i1 - i0 < 2, size: 4 },
        paths: line.steps ? uPlot.paths.stepped!({ align: 1 }) : undefined,
      }),
    ),
  ];
}

function selected(u: uPlot, live: Live): void {
  const { left, width } = u.select;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  const { onSpan, t, width_s } = live.current;
  if (width < DRAG_PX || !onSpan || t.length === 0) return;
  const span = snap(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'), width_s, t.at(-1) ?? 0);
  if (span) onSpan(span);
}

function options(live: Live, width: number, height: number, show: (i: number | null) => void): uPlot.Options {
  const props = live.current;
  const floor = props.atLeast ?? 1;
  return {
    width,
    height,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: props.sync, setSeries: false, filters: { pub: followed, sub: followed } },
      drag: { x: Boolean(props.onSpan), y: false, setScale: false, dist: DRAG_PX },
      points: { size: 6, width: 1.5, fill: () => colour('--surface') },
      y: false,
      bind: { dblclick: () => null },
    },
    scales: {
      x: { time: false, range: (_u, min, max) => across(live.current.range, min ?? 0, max ?? 0) },
      y: props.log
        ? { distr: 3, range: (_u, min, max) => [Math.max(0.01, (min ?? 0.1) * 0.8), (max ?? 10) * 1.2] }
        : { range: (_u, _min, max) => [0, Math.max(floor, (max ?? 0) * ROOM)] },
    },
    axes: axes(props),
    series: series(props),
    hooks: {
      drawClear: [(u) => drawBelow(u, live.current)],
      draw: [(u) => drawMarks(u, live.current)],
      setCursor: [(u) => show(u.cursor.idx ?? null)],
      setSelect: [(u) => selected(u, live)],
    },
  };
}

function across(range: Span | null | undefined, min: number, max: number): [number, number] {
  return range && range.to > range.from ? [range.from, range.to] : [min, Math.max(max, min + 30)];
}

/** Fingers choose a window as the mouse does: sideways over the chart; up and down still scrolls the page. */
function touchDrag(u: uPlot, live: Live): void {
  let start: number | null = null;
  const at = (e: PointerEvent) => Math.max(0, Math.min(u.over.clientWidth, e.clientX - u.over.getBoundingClientRect().left));
  u.over.addEventListener('pointerdown', (e) => {
    if (e.pointerType !== 'mouse') start = at(e);
  });
  u.over.addEventListener('pointermove', (e) => {
    if (start === null) return;
    const now = at(e);
    u.setCursor({ left: now, top: 10 });
    u.setSelect({ left: Math.min(start, now), top: 0, width: Math.abs(now - start), height: u.over.clientHeight }, false);
  });
  const end = () => {
    if (start !== null) selected(u, live);
    start = null;
  };
  u.over.addEventListener('pointerup', end);
  u.over.addEventListener('pointercancel', end);
}

function tableOf(props: ChartProps): uPlot.AlignedData {
  const positive = (values: Num[]) => (props.log ? values.map((v) => (v !== null && v > 0 ? v : null)) : values);
  return [props.t, ...props.lines.map((line) => positive(line.values))] as uPlot.AlignedData;
}

function spoken(props: ChartProps): string {
  const parts = props.lines.map((line) => {
    const known = line.values.filter((v): v is number => v !== null);
    return known.length === 0 ? '' : `${line.label} ${props.format(known.at(-1) ?? null)}, at most ${props.format(Math.max(...known.slice(-5000)))}`;
  });
  return `${props.label ?? props.title}${props.unit ? `, ${props.unit}` : ''}. ${parts.filter(Boolean).join('; ') || 'No data yet'}`;
}

function Legend({ props, root }: { props: ChartProps; root: RefObject<HTMLDivElement | null> }) {
  const last = props.t.length - 1;
  return (
    <div class="legend" ref={root}>
      {props.lines.map((line) => (
        <span class="legend-item" key={line.label}>
          <i class={`swatch swatch${line.colour}`} aria-hidden="true" />
          <span class="legend-label">{line.label}</span>
          <b class="num">{last < 0 ? NONE : props.format(line.values[last] ?? null)}</b>
        </span>
      ))}
      <span class="legend-time num">{last < 0 ? '' : clock(props.t[last])}</span>
    </div>
  );
}

export function Chart(props: ChartProps) {
  const [box, size] = useSize<HTMLDivElement>();
  const legend = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const live = useRef(props);
  live.current = props;

  const show = (index: number | null) => {
    const now = live.current;
    const i = index ?? now.t.length - 1;
    const values = legend.current?.querySelectorAll('b');
    now.lines.forEach((line, n) => {
      if (values?.[n]) values[n].textContent = i < 0 ? NONE : now.format(line.values[i] ?? null);
    });
    const time = legend.current?.querySelector('.legend-time');
    if (time) time.textContent = i < 0 ? '' : clock(now.t[i]);
  };

  const shape = `${props.lines.map((l) => l.label + l.colour).join()}|${props.log}|${colours.value}`;
  useEffect(() => {
    if (size.width === 0 || !box.current) return undefined;
    const u = new uPlot(options(live, size.width, size.height, show), tableOf(live.current), box.current);
    touchDrag(u, live);
    u.over.addEventListener('pointerdown', () => {
      held = true;
      addEventListener('pointerup', () => (held = false), { once: true });
    });
    plot.current = u;
    return () => {
      u.destroy();
      plot.current = null;
    };
  }, [shape, size.width > 0]);

  useEffect(() => {
    if (size.width > 0) plot.current?.setSize({ width: size.width, height: size.height });
  }, [size.width, size.height]);

  useEffect(() => {
    if (!plot.current || held) return;
    plot.current.setData(tableOf(props));
    show(plot.current.cursor.idx ?? null);
  }, [props.t, props.range?.from, props.range?.to, ...props.lines.map((line) => line.values)]);

  useEffect(() => plot.current?.redraw(false), [props.span?.from, props.span?.to, props.marks]);

  return (
    <section class={`card chart${props.small ? ' small' : ''}`} aria-label={props.label ?? props.title}>
      <header class="chart-head">
        <h3 title={props.title}>
          {props.title} {props.unit && <small>{props.unit}</small>}
        </h3>
        {props.actions}
        <Legend props={props} root={legend} />
      </header>
      <div class="chart-box" ref={box} role="img" aria-label={spoken(props)} />
      {props.t.length === 0 && <p class="chart-empty">{props.empty ?? 'Nothing measured yet'}</p>}
    </section>
  );
}
