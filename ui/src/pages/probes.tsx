// What was observed of the system under test, beside the load: small pictures by source, under one cursor and one window.

import { useMemo, useState } from 'preact/hooks';
import { ms, percent, plural, rate } from '../lib/format';
import { useSeen } from '../lib/hooks';
import { groupsOf, hasSeries, noteValue, search, type Group } from '../lib/probes';
import { route, setSpan, span } from '../lib/router';
import { shareFailed, useSeries } from '../lib/series';
import type { ProbeSeries } from '../lib/types';
import { CopyButton, Empty, Search, Trouble } from '../parts/basics';
import { Chart } from '../parts/chart';
import { LonePanel, Place, ProbeChart, useProbes, useRange } from '../parts/probepanels';
import { useRun } from '../parts/runcontext';

/** Of series that keep their name from elsewhere there may be hundreds: so many are drawn before one searches. */
const FOREIGN_MAX = 12;
const FOUND_MAX = 60;

function LoadPanels() {
  const { id, live } = useRun();
  const { zoom, range } = useRange();
  const { series: s, marks } = useSeries(id, live, zoom);
  const common = { t: s?.t ?? [], sync: 'run', width_s: s?.width_s ?? 1, marks, range, span: zoom ? null : span.value, onSpan: setSpan, small: true };
  const failed = useMemo(() => (s ? shareFailed(s) : []), [s]);
  return (
    <section class="probe-group" aria-label="The load">
      <header class="group-head">
        <h2>The load</h2>
      </header>
      <div class="panels">
        <Chart
          {...common}
          title="Throughput"
          unit="per second"
          format={rate}
          lines={[
            { label: 'requests', colour: '--chart-1', values: s?.rps ?? [], fill: true },
            { label: 'failures', colour: '--bad', values: s?.fails_s ?? [] },
          ]}
        />
        <Chart
          {...common}
          title="Response time"
          unit=""
          format={ms}
          atLeast={5}
          lines={[
            { label: 'p50', colour: '--chart-3', values: s?.p50 ?? [] },
            { label: 'p95', colour: '--chart-1', values: s?.p95 ?? [] },
          ]}
        />
        <Chart
          {...common}
          title="Users"
          unit=""
          format={rate}
          lines={[{ label: 'users', colour: '--chart-1', values: s?.users ?? [], fill: true, steps: true }]}
        />
        <Chart
          {...common}
          title="Errors"
          unit="share of requests"
          format={(n) => percent(n === null ? null : n / 100)}
          lines={[{ label: 'failed', colour: '--bad', values: failed, fill: true }]}
        />
      </div>
    </section>
  );
}

function Notes({ group, keys }: { group: Group; keys: ProbeSeries[] }) {
  if (group.notes.length === 0) return null;
  return (
    <ul class="probe-notes">
      {group.notes.map((n) => (
        <li key={n.about}>
          <span class="note-about">{n.about.replace(/^[a-z]+\./, '').replace(/[._]/g, ' ')}</span>
          <b class="num">{noteValue(n, keys)}</b>
          <code>{n.text}</code>
          <CopyButton text={n.text} what="text" />
        </li>
      ))}
    </ul>
  );
}

function GroupHead({ group, more }: { group: Group; more?: string }) {
  return (
    <header class="group-head">
      <h2>{group.source}</h2>
      <span class="hint">
        {group.words}
        {more}
      </span>
    </header>
  );
}

/** Series whose names we know: read together. */
function KnownGroup({ group, keys, at }: { group: Group; keys: ProbeSeries[]; at: (source: string, name: string) => boolean }) {
  const [box, seen] = useSeen<HTMLElement>();
  const { zoom, range } = useRange();
  const read = useProbes(seen ? { source: group.source, name: `${group.family}.` } : null);
  const [held, setHeld] = useState(read.data);
  if (read.data && read.data !== held) setHeld(read.data);
  return (
    <section class="probe-group" ref={box} aria-label={`${group.words} ${group.source}`}>
      <GroupHead group={group} />
      {read.error && <Trouble error={read.error} retry={read.reload} />}
      <div class="panels">
        {group.panels.map((panel) => (
          <Place key={panel.key} marked={panel.lines.some((l) => at(panel.source, l.name)) || (panel.limit !== null && at(panel.source, panel.limit))}>
            <ProbeChart panel={panel} probes={read.data ?? held} range={range} chosen={zoom ? null : span.value} onSpan={setSpan} pinnable />
          </Place>
        ))}
      </div>
      <Notes group={group} keys={keys} />
    </section>
  );
}

function ForeignGroup({ group, keys, searched, asked }: { group: Group; keys: ProbeSeries[]; searched: boolean; asked: string | null }) {
  const [all, setAll] = useState(false);
  const most = all || searched ? FOUND_MAX : FOREIGN_MAX;
  const first = group.panels.filter((p) => asked && p.lines.some((l) => l.name === asked));
  const shown = [...first, ...group.panels.filter((p) => !first.includes(p))].slice(0, most);
  const rest = group.panels.length - shown.length;
  return (
    <section class="probe-group" aria-label={`${group.words} ${group.source}`}>
      <GroupHead group={group} more={`, ${group.panels.length}`} />
      <div class="panels">
        {shown.map((panel) => (
          <LonePanel key={panel.key} panel={panel} pinnable marked={first.includes(panel)} />
        ))}
      </div>
      {rest > 0 &&
        (most < FOUND_MAX ? (
          <button type="button" class="quiet-button" onClick={() => setAll(true)}>
            {plural(rest, 'more series', 'more series')}
          </button>
        ) : (
          <p class="hint">{plural(rest, 'more series', 'more series')}: search for a piece of the name.</p>
        ))}
      <Notes group={group} keys={keys} />
    </section>
  );
}

function Nothing({ reading }: { reading: boolean }) {
  if (reading) return <Empty title="Reading…" />;
  return (
    <Empty title="Nothing was observed">
      Processor, memory, pools, queues, statements of the system under test come here, each second beside the load. Name what is to be watched when a run
      is started: <code>--observe host</code>, <code>--observe proc:gunicorn</code>, <code>--observe postgres://monitor@10.0.0.6/shop</code>,{' '}
      <code>--observe prometheus:http://10.0.0.5:9100/metrics</code>.
    </Empty>
  );
}

export function ProbesPage() {
  const { observed } = useRun();
  const [filter, setFilter] = useState('');
  const keys = observed.data?.series ?? [];
  const asked = { source: route.value.query.get('source'), series: route.value.query.get('series') };
  const at = (source: string, name: string) => asked.source === source && asked.series === name;
  const all = groupsOf(keys, observed.data?.notes ?? []);
  const groups = search(all, filter);
  const foundNone = all.length > 0 && groups.length === 0;
  if (observed.error && !observed.data)
    return (
      <div class="page">
        <Trouble error={observed.error} retry={observed.reload} />
      </div>
    );
  return (
    <div class="page probes">
      {keys.length > 0 && (
        <div class="toolbar">
          <Search value={filter} onInput={setFilter} label="Search the series" hint="A piece of name or source (/)" />
          <span class="hint num" role="status">
            {plural(keys.length, 'series', 'series')} of {plural(new Set(keys.map((k) => k.source)).size, 'source')}
          </span>
        </div>
      )}
      {keys.length > 0 && !filter && <LoadPanels />}
      {groups.map((group) =>
        group.family ? (
          <KnownGroup key={group.key} group={group} keys={keys} at={at} />
        ) : (
          <ForeignGroup
            key={group.key}
            group={group}
            keys={keys}
            searched={filter !== ''}
            asked={group.panels.some((p) => asked.series && hasSeries(p, asked.source ?? '', asked.series)) ? asked.series : null}
          />
        ),
      )}
      {foundNone && <Empty title="No series matches" />}
      {keys.length === 0 && <Nothing reading={!observed.data} />}
    </div>
  );
}
