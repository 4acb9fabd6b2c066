// A latency histogram on a logarithmic axis, with the percentiles marked where they fall.

import { count, ms, terse } from '../lib/format';
import { useSize } from '../lib/hooks';
import type { Histogram, Row } from '../lib/types';

const HEIGHT = 150;
const FOOT = 18;
const HEAD = 14;

export interface Bin {
  low: number;
  high: number;
  n: number;
}

/** The bins that hold something, with one empty bin on either side at most. */
export function bins(h: Histogram): Bin[] {
  const all = h.counts.map((n, i) => ({ low: h.bounds[i] ?? 0, high: h.bounds[i + 1] ?? (h.bounds[i] ?? 0) * 1.1, n }));
  const first = all.findIndex((b) => b.n > 0);
  const last = all.findLastIndex((b) => b.n > 0);
  return first < 0 ? [] : all.slice(Math.max(0, first - 1), last + 2);
}

export function axisTicks(low: number, high: number): number[] {
  const out: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(Math.max(low, 1e-3))); decade <= high; decade *= 10) {
    for (const step of [1, 2, 5]) if (decade * step >= low && decade * step <= high) out.push(decade * step);
  }
  if (out.length <= 7) return out;
  return out.filter((v) => Number.isInteger(Math.round(Math.log10(v) * 1e6) / 1e6));
}

interface Props {
  histogram: Histogram | undefined;
  row: Row | undefined;
}

export function Bars({ histogram, row }: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  return (
    <div class="bars-box" ref={box}>
      {size.width > 0 && <Drawing histogram={histogram} row={row} width={size.width} />}
    </div>
  );
}

function Drawing({ histogram, row, width }: Props & { width: number }) {
  if (!histogram) return <div class="bars-empty">Reading…</div>;
  const shown = bins(histogram);
  if (shown.length === 0) return <div class="bars-empty">No requests in this window</div>;
  const low = Math.max(0.01, shown[0]!.low);
  const high = shown.at(-1)!.high;
  const x = (v: number) => (width * (Math.log(Math.max(v, low)) - Math.log(low))) / (Math.log(high) - Math.log(low));
  const most = Math.max(...shown.map((b) => b.n));
  const body = HEIGHT - FOOT - HEAD;
  const marks = (
    [
      ['p50', row?.p50],
      ['p95', row?.p95],
      ['p99', row?.p99],
    ] as const
  ).filter(([, v]) => v !== null && v !== undefined && v >= low && v <= high);
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      role="img"
      aria-label={`${count(histogram.count)} requests between ${ms(low)} and ${ms(high)}`}
    >
      {shown.map((b) => {
        const h = b.n > 0 ? Math.max(1, (b.n / most) * body) : 0;
        return (
          <rect key={b.low} class="bar" x={x(b.low)} width={Math.max(0.8, x(b.high) - x(Math.max(b.low, low)) - 0.8)} y={HEAD + body - h} height={h}>
            <title>{`${ms(b.low)} – ${ms(b.high)}: ${count(b.n)}`}</title>
          </rect>
        );
      })}
      {marks.map(([label, v]) => (
        <g key={label} class="bar-mark">
          <line x1={x(v!)} x2={x(v!)} y1={HEAD} y2={HEAD + body} />
          <text x={x(v!)} y={10} text-anchor={x(v!) > width - 30 ? 'end' : 'middle'}>
            {label}
          </text>
        </g>
      ))}
      <line class="bar-axis" x1={0} x2={width} y1={HEAD + body + 0.5} y2={HEAD + body + 0.5} />
      {axisTicks(low, high).map((v) => (
        <text key={v} class="bar-tick" x={x(v)} y={HEIGHT - 4} text-anchor={x(v) < 16 ? 'start' : x(v) > width - 20 ? 'end' : 'middle'}>
          {terse(ms(v))}
        </text>
      ))}
    </svg>
  );
}
