// What the system under test did meanwhile: our slowest and failed requests with their server-side traces, what traces say per endpoint,
// and what the server logged.

import { useState } from 'preact/hooks';
import { get } from '../lib/api';
import { bytes, clock, count, ms, plural, timeOfDay } from '../lib/format';
import { useResource } from '../lib/hooks';
import { replaceQuery, route } from '../lib/router';
import { coloursOf, kindWord, partKey, splitOfEndpoint } from '../lib/trace';
import type { TraceRow, Traces, TraceSummary, Waterfall } from '../lib/types';
import { Button, CopyButton, Empty, Search, Segments, Trouble } from '../parts/basics';
import { DataTable, type Column } from '../parts/datatable';
import { Endpoint } from '../parts/endpoint';
import { useRun, useWindow } from '../parts/runcontext';
import { ServerLogs } from '../parts/serverlogs';
import { SplitBar, WaterfallView } from '../parts/waterfall';
import { splitKey } from './endpointpanel';

const LIVE_MS = 3000;
/** From here on a statement within one request is many. */
const REPEATS_MANY = 10;

type View = 'requests' | 'endpoints' | 'logs';
const keyOf = (t: TraceRow) => `${t.trace}-${t.span}`;

function columns(narrow: boolean, began: number): Column<TraceRow>[] {
  const all: Column<TraceRow>[] = [
    { key: 'duration_ms', head: 'Took', width: 84, number: true, cell: (t) => ms(t.duration_ms) },
    { key: 'endpoint', head: 'Endpoint', width: 180, grow: true, cell: (t) => <Endpoint {...splitKey(t.endpoint)} /> },
    {
      key: 'status',
      head: 'Status',
      width: 70,
      number: true,
      tone: (t) => (t.failed ? 'bad-text' : ''),
      cell: (t) => (t.status ? String(t.status) : 'none'),
    },
    { key: 'spans', head: 'Spans', width: 66, number: true, tone: (t) => (t.spans ? '' : 'zero'), cell: (t) => count(t.spans) },
  ];
  if (narrow) return all;
  return [
    ...all,
    { key: 'at_ms', head: 'At', width: 74, number: true, cell: (t) => clock((t.at_ms - began) / 1000) },
    { key: 'bytes', head: 'Size', width: 84, number: true, cell: (t) => bytes(t.bytes) },
    { key: 'error', head: 'Error', width: 220, grow: true, cell: (t) => <span title={t.error}>{t.error}</span> },
  ];
}

function sorted(rows: TraceRow[], sort: string): TraceRow[] {
  const key = sort.replace(/^-/, '') as keyof TraceRow;
  const sign = sort.startsWith('-') ? -1 : 1;
  return rows.slice().sort((a, b) => {
    const [x, y] = [a[key], b[key]];
    return sign * (typeof x === 'string' ? x.localeCompare(String(y)) : Number(x) - Number(y));
  });
}

function Detail({ trace, span, row }: { trace: string; span: string | null; row: TraceRow | undefined }) {
  const { id, live } = useRun();
  const without = row?.spans === 0;
  // While the run goes on, spans of the trace may still come, or be on their way into the ledger.
  const read = useResource<Waterfall>(
    without ? null : `${id}/traces/${trace}/${span}/${row?.spans}`,
    (signal) => get<Waterfall>(`runs/${id}/traces/${encodeURIComponent(trace)}`, { span }, signal),
    live ? LIVE_MS : null,
  );
  const w = read.data;
  const endpoint = w?.endpoint ?? row?.endpoint ?? '';
  const request = w?.request ?? row;
  return (
    <aside class="card detail" aria-label="Trace">
      <header class="detail-head">
        {endpoint ? <Endpoint {...splitKey(endpoint)} /> : <span>Trace</span>}
        <Button kind="ghost" icon="close" label="Close" onClick={() => replaceQuery({ trace: null, span: null })} />
      </header>
      {request && (
        <p class="hint num">
          {ms(request.duration_ms)}, {request.status ? `status ${request.status}` : 'no answer'}, {bytes(request.bytes)}, at {timeOfDay(request.at_ms)}
        </p>
      )}
      {request?.failed && <p class="error-box">{request.error || 'failed'}</p>}
      <div class="correlation">
        <span>Trace</span>
        <code>{trace}</code>
        <CopyButton text={trace} what="trace id" />
      </div>
      {read.error && !w && !without && <Trouble error={read.error} retry={read.reload} />}
      {w && w.spans.length > 0 && <WaterfallView waterfall={w} />}
      {(without || (w && w.spans.length === 0)) && (
        <Empty title="The server sent no spans of this request">
          Is it instrumented, and does it take over <code>traceparent</code>? Spans come some seconds late: programs send them in batches.
        </Empty>
      )}
      <ServerLogs key={trace} trace={trace} span={span} quietly={Boolean(w?.spans.length)} />
    </aside>
  );
}

function Statement({ summary }: { summary: TraceSummary }) {
  const most = summary.statements[0];
  const times = summary.repeats.p50 ?? 0;
  if (!most || times < 2) return null;
  return (
    <p class="statement">
      <b class={`times-pill num${times >= REPEATS_MANY ? ' many' : ''}`}>×{Math.round(times)}</b>
      <code>{most.text}</code>
      {(summary.grows_with_size ?? 0) > 0.7 && <span class="hint">grows with the size of the answer</span>}
      {(summary.grows_with_time ?? 0) > 0.7 && <span class="hint">grows during the run</span>}
    </p>
  );
}

function Summaries({ all }: { all: TraceSummary[] }) {
  const splits = all.map(splitOfEndpoint);
  const colours = coloursOf(
    splits
      .flat()
      .map((p) => partKey(p.service, p.kind))
      .sort(),
  );
  if (all.length === 0)
    return <Empty title="Nothing yet">What each endpoint spends its time on comes here as soon as spans of its requests have come.</Empty>;
  return (
    <section class="card summaries" aria-label="Where the time goes, by endpoint">
      {all.map((s, i) => (
        <article key={s.endpoint}>
          <header>
            <Endpoint {...splitKey(s.endpoint)} />
            <span class="hint num">
              {plural(s.requests, 'request')}, {ms((s.seconds * 1000) / Math.max(1, s.requests))} each in the server
              {(s.database_spans.p50 ?? 0) > 0 && `, ${plural(Math.round(s.database_spans.p50 ?? 0), 'query', 'queries')}`}
              {s.errors > 0 && `, ${count(s.errors)} with an error`}
            </span>
          </header>
          <SplitBar parts={splits[i]!} colours={colours} outside={0} total={1} />
          <ul class="split-legend">
            {splits[i]!.slice(0, 5).map((p) => (
              <li key={p.key}>
                <i class={`swatch swatch${colours.get(p.key)}`} aria-hidden="true" />
                {p.service || 'unknown'} <span class="hint">{kindWord(p.kind)}</span> <b class="num">{ms(p.ms)}</b>
              </li>
            ))}
          </ul>
          <Statement summary={s} />
        </article>
      ))}
    </section>
  );
}

function NotTaken() {
  return (
    <Empty title="No traces were taken">
      With <code>--traces</code> a run listens for OpenTelemetry at 127.0.0.1:4318: then the slowest and the failed requests stand here with what the
      server did meanwhile, which service, which statement, how often. With <code>--server-logs FILE</code> its log lines stand beside them.
    </Empty>
  );
}

export function TracesPage() {
  const { id, live, detail } = useRun();
  const { span: chosen } = useWindow();
  const began = detail?.started_ms ?? 0;
  const [only, setOnly] = useState<'all' | 'failed'>('all');
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState('-duration_ms');
  const query = route.value.query;
  const view = (query.get('view') ?? 'requests') as View;
  const read = useResource<Traces>(`${id}/traces/${live}`, (signal) => get<Traces>(`runs/${id}/traces`, { limit: 5000 }, signal), live ? LIVE_MS : null);
  const all = read.data?.traces ?? [];
  const wanted = filter.toLowerCase();
  const inside = (t: TraceRow) => !chosen || ((t.at_ms - began) / 1000 >= chosen.from && (t.at_ms - began) / 1000 < chosen.to);
  const rows = all.filter((t) => inside(t) && (only === 'all' || t.failed) && `${t.endpoint} ${t.status} ${t.error} ${t.trace}`.toLowerCase().includes(wanted));
  const trace = query.get('trace');
  const span = query.get('span');
  const row = all.find((t) => t.trace === trace && (!span || t.span === span));
  if (read.error && !read.data)
    return (
      <div class="page">
        <Trouble error={read.error} retry={read.reload} />
      </div>
    );
  if (read.data && !read.data.counts && all.length === 0 && !trace)
    return (
      <div class="page">
        <NotTaken />
      </div>
    );
  const list = view === 'requests';
  return (
    <div class={`page traces${list ? ` fill split${trace ? ' open' : ''}` : ''}`}>
      <div class="toolbar">
        <Segments
          value={view}
          label="View"
          onChange={(v) => replaceQuery({ view: v === 'requests' ? null : v, trace: null, span: null })}
          all={
            [
              ['requests', 'Requests'],
              ['endpoints', 'By endpoint'],
              ['logs', 'Server log'],
            ] as const
          }
        />
        {list && <Search value={filter} onInput={setFilter} label="Filter requests" hint="A piece of endpoint, status or error (/)" />}
        {list && (
          <Segments
            value={only}
            label="Which"
            onChange={setOnly}
            all={
              [
                ['all', 'Slowest and failed'],
                ['failed', 'Failed'],
              ] as const
            }
          />
        )}
        {list && (
          <span class="hint num" role="status">
            {read.data ? plural(rows.length, 'request') : 'Reading…'}
          </span>
        )}
      </div>
      {list && (
        <DataTable
          label="Requests with traces"
          columns={columns(Boolean(trace), began)}
          rows={sorted(rows, sort)}
          rowKey={keyOf}
          sort={sort}
          onSort={setSort}
          selected={row ? keyOf(row) : null}
          onRow={(t) => replaceQuery({ trace: t.trace, span: t.span })}
          empty={<Empty title={!read.data ? 'Reading…' : filter ? 'No request matches' : 'None yet'} />}
        />
      )}
      {list && trace && <Detail key={`${trace}-${span}`} trace={trace} span={span} row={row} />}
      {view === 'endpoints' && <Summaries all={read.data?.summaries ?? []} />}
      {view === 'logs' && <ServerLogs />}
    </div>
  );
}
