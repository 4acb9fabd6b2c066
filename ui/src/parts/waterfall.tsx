// What the server did during one request, as bars over its time.

import { useMemo, useState } from 'preact/hooks';
import { ms, percent, plural, terse } from '../lib/format';
import { coloursOf, kindWord, partKey, rowsOf, splitOf, type Share, type WaterfallRow } from '../lib/trace';
import type { TraceSpan, Waterfall } from '../lib/types';
import { CopyButton } from './basics';
import { Icon } from './icons';

const TICKS = [0, 0.25, 0.5, 0.75, 1];
const MEMBERS_MAX = 100;
/** A bar is never thinner, or it could not be seen. */
const LEAST_PERCENT = 0.3;

export function SplitBar({ parts, colours, outside, total }: { parts: Share[]; colours: Map<string, string>; outside: number; total: number }) {
  return (
    <div class="split-bar" aria-hidden="true">
      {parts.map((p) => (
        <i key={p.key} class={`swatch${colours.get(p.key)}`} style={{ width: `${p.share * 100}%` }} />
      ))}
      {outside > 0 && <i class="outside" style={{ width: `${(outside / Math.max(total, outside)) * 100}%` }} />}
    </div>
  );
}

function Split({ waterfall, colours }: { waterfall: Waterfall; colours: Map<string, string> }) {
  const { parts, outside } = splitOf(waterfall);
  const total = waterfall.request.duration_ms;
  return (
    <section class="time-split" aria-label="Where the time went">
      <SplitBar parts={parts} colours={colours} outside={outside} total={total} />
      <ul>
        {parts.map((p) => (
          <li key={p.key}>
            <i class={`swatch swatch${colours.get(p.key)}`} aria-hidden="true" />
            <span>
              {p.service || 'unknown'} <span class="hint">{kindWord(p.kind)}</span>
            </span>
            <b class="num">{ms(p.ms)}</b>
            <span class="hint num">
              {percent(p.share)}
              {p.spans > 1 && `, ${plural(p.spans, 'span')}`}
            </span>
          </li>
        ))}
        {outside > 0 && (
          <li title="Network, waiting to be accepted, and what the server does outside of its spans">
            <i class="swatch outside" aria-hidden="true" />
            <span>outside of all spans</span>
            <b class="num">{ms(outside)}</b>
            <span class="hint num">{percent(outside / Math.max(total, outside))}</span>
          </li>
        )}
      </ul>
    </section>
  );
}

function Bars({ spans, total, colour }: { spans: TraceSpan[]; total: number; colour: string }) {
  return (
    <>
      {spans.map((s) => (
        <i
          key={s.id}
          class={`wf-bar swatch${colour}${s.failed ? ' failed' : ''}`}
          style={{
            left: `${Math.max(0, Math.min(100, (s.start_ms / total) * 100))}%`,
            width: `${Math.max(LEAST_PERCENT, Math.min(100, (s.duration_ms / total) * 100))}%`,
          }}
        />
      ))}
    </>
  );
}

function Attributes({ row }: { row: WaterfallRow }) {
  const { span } = row;
  const all = Object.entries(span.attributes ?? {});
  return (
    <div class="wf-more">
      {span.error && <p class="error-box">{span.error}</p>}
      {span.statement && (
        <div class="with-copy">
          <pre tabIndex={0}>{span.statement}</pre>
          <CopyButton text={span.statement} what="statement" />
        </div>
      )}
      <p class="hint num">
        {row.spans.length > 1
          ? `${plural(row.spans.length, 'span')} alike between ${ms(row.start)} and ${ms(row.end)}, ${ms(row.busy)} in all, ${ms(row.busy / row.spans.length)} each`
          : `${ms(span.duration_ms)} from ${ms(span.start_ms)} on, ${ms(span.self_ms)} of it its own`}
      </p>
      {all.length > 0 && (
        <dl class="headers">
          {all.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function Row({ row, total, colour }: { row: WaterfallRow; total: number; colour: string }) {
  const [open, setOpen] = useState(false);
  const { span } = row;
  const n = row.spans.length;
  const title = span.statement ?? span.name ?? 'span';
  return (
    <li class={`wf-row${row.failed ? ' failed' : ''}`}>
      <button type="button" class="wf-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="wf-label" style={{ paddingLeft: `${Math.min(row.depth, 12) * 14}px` }}>
          <Icon name="chevron" />
          {n > 1 && <b class="times-pill num">×{n}</b>}
          <span class={span.statement ? 'wf-name mono' : 'wf-name'} title={title}>
            {title}
          </span>
          {row.failed && <span class="wf-failed">failed</span>}
        </span>
        <span class="wf-track">
          <Bars spans={row.spans} total={total} colour={colour} />
        </span>
        <span class="wf-time num">{ms(row.busy)}</span>
      </button>
      {open && <Attributes row={row} />}
      {open && n > 1 && (
        <ol class="wf-members" aria-label="Each of them">
          {row.spans.slice(0, MEMBERS_MAX).map((s) => (
            <li class="wf-line member" key={s.id}>
              <span class="wf-label hint num">at {ms(s.start_ms)}</span>
              <span class="wf-track">
                <Bars spans={[s]} total={total} colour={colour} />
              </span>
              <span class="wf-time num">{ms(s.duration_ms)}</span>
            </li>
          ))}
          {n > MEMBERS_MAX && <li class="hint">and {n - MEMBERS_MAX} more</li>}
        </ol>
      )}
    </li>
  );
}

export function WaterfallView({ waterfall }: { waterfall: Waterfall }) {
  const rows = useMemo(() => rowsOf(waterfall.spans), [waterfall]);
  const colours = coloursOf(waterfall.spans.map((s) => partKey(s.service, s.kind)));
  const last = Math.max(0, ...rows.map((r) => r.end));
  const total = Math.max(waterfall.request.duration_ms, last, 0.001);
  return (
    <div class="waterfall">
      <Split waterfall={waterfall} colours={colours} />
      <div class="wf-axis num" aria-hidden="true">
        {TICKS.map((t) => (
          <span key={t}>{terse(ms(total * t))}</span>
        ))}
      </div>
      <ol class="wf-rows" aria-label="Spans">
        <li class="wf-row">
          <div class="wf-line">
            <span class="wf-label">
              <span class="wf-name">The request, as measured here</span>
            </span>
            <span class="wf-track">
              <i class="wf-bar outside" style={{ left: 0, width: `${(waterfall.request.duration_ms / total) * 100}%` }} />
            </span>
            <span class="wf-time num">{ms(waterfall.request.duration_ms)}</span>
          </div>
        </li>
        {rows.map((row) => (
          <Row key={row.key} row={row} total={total} colour={colours.get(partKey(row.span.service, row.span.kind)) ?? '--run-1'} />
        ))}
      </ol>
      {waterfall.left_out > 0 && <p class="hint">{plural(waterfall.left_out, 'more span')} came and were not kept.</p>}
      {Math.abs(waterfall.clock_ms) >= 0.5 && (
        <p class="hint">The server’s clock disagrees: its spans were moved by {ms(Math.abs(waterfall.clock_ms))} to stand inside the request.</p>
      )}
    </div>
  );
}
