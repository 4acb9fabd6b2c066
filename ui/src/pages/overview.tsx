import { signal } from '@preact/signals';
import { split } from '../lib/findings';
import { compact, count, ms, percent, plural, rate } from '../lib/format';
import { state } from '../lib/live';
import { route, setSpan, span } from '../lib/router';
import { shareFailed, useSeries } from '../lib/series';
import { fitnessThen } from '../lib/validity';
import type { Failure, Num, Table } from '../lib/types';
import { Banner, Empty, Segments, Trouble } from '../parts/basics';
import { Chart } from '../parts/chart';
import { DataTable } from '../parts/datatable';
import { Endpoint } from '../parts/endpoint';
import { FirstFinding } from '../parts/findingcard';
import { PinnedProbes } from '../parts/probepanels';
import { usePart, useRun, useWindow } from '../parts/runcontext';
import { rowKey, statisticsColumns } from './statistics';

const ROWS_SHOWN = 8;
const logScale = signal(false);

const percentOf = (n: Num) => (n === null ? '–' : percent(n / 100));

export function Charts() {
  const { id, live } = useRun();
  const zoom = route.value.query.has('zoom') ? span.value : null;
  const { series, marks, error } = useSeries(id, live, zoom);
  const s = series ?? { t: [], users: [], rps: [], fails_s: [], p50: [], p95: [], p99: [], max: [], width_s: 1 };
  const common = { t: s.t, sync: 'run', width_s: s.width_s, marks, span: zoom ? null : span.value, onSpan: setSpan };
  if (error && !series) return <Trouble error={error} />;
  return (
    <div class="charts">
      <Chart
        {...common}
        title="Throughput"
        unit="per second"
        format={rate}
        lines={[
          { label: 'requests', colour: '--chart-1', values: s.rps, fill: true },
          { label: 'failures', colour: '--bad', values: s.fails_s },
        ]}
      />
      <Chart
        {...common}
        title="Response time"
        unit=""
        format={ms}
        log={logScale.value}
        atLeast={5}
        lines={[
          { label: 'p50', colour: '--chart-3', values: s.p50 },
          { label: 'p95', colour: '--chart-2', values: s.p95 },
          { label: 'p99', colour: '--chart-1', values: s.p99 },
        ]}
        actions={
          <Segments
            value={logScale.value ? 'log' : 'linear'}
            label="Scale"
            all={
              [
                ['linear', 'linear'],
                ['log', 'log'],
              ] as const
            }
            onChange={(v) => {
              logScale.value = v === 'log';
            }}
          />
        }
      />
      <Chart
        {...common}
        title="Users"
        unit=""
        format={compact}
        lines={[{ label: 'users', colour: '--chart-1', values: s.users, fill: true, steps: true }]}
      />
      <Chart
        {...common}
        title="Errors"
        unit="share of requests"
        format={percentOf}
        lines={[{ label: 'failed', colour: '--bad', values: shareFailed(s), fill: true }]}
      />
    </div>
  );
}

function Verdict() {
  const { detail, live, findings } = useRun();
  const { broke } = split(findings.data?.findings ?? []);
  const unfit = detail && !live ? fitnessThen(detail) : null;
  const words = findings.data?.words || detail?.words;
  if (!unfit && !words && broke.length === 0) return null;
  return (
    <section class="verdict" aria-label="What the run means">
      {unfit && (
        <Banner tone={unfit.tone} title={unfit.short === 'void' ? 'Void.' : undefined}>
          {unfit.words}
        </Banner>
      )}
      {words && unfit?.words !== words && <p class="words">{words}</p>}
      {broke.length > 0 && <FirstFinding broke={broke} />}
    </section>
  );
}

function TopEndpoints() {
  const { link } = useRun();
  const table = usePart<Table>('table', { sort: '-requests', limit: ROWS_SHOWN });
  const more = (table.data?.rows_total ?? 0) - ROWS_SHOWN;
  return (
    <section class="card">
      <header class="card-head">
        <h3>Busiest endpoints</h3>
        <a href={link('statistics')}>{more > 0 ? `${plural(more, 'more', 'more')} →` : 'Statistics →'}</a>
      </header>
      {table.error && !table.data ? (
        <Trouble error={table.error} retry={table.reload} />
      ) : (
        <DataTable
          flat
          label="Busiest endpoints"
          columns={statisticsColumns(true)}
          rows={table.data?.rows ?? []}
          rowKey={rowKey}
          foot={table.data?.total}
          onRow={(row) => {
            location.hash = link('statistics', { endpoint: rowKey(row) });
          }}
          empty={<Empty title={table.data ? 'No requests in this window' : 'Reading…'} />}
        />
      )}
    </section>
  );
}

function TopFailures() {
  const { link } = useRun();
  const failures = usePart<{ failures: Failure[] }>('failures');
  const rows = (failures.data?.failures ?? []).slice(0, 5);
  return (
    <section class="card">
      <header class="card-head">
        <h3>Commonest failures</h3>
        <a href={link('failures')}>Failures →</a>
      </header>
      {rows.length === 0 ? (
        <Empty title={failures.data ? 'No failures' : 'Reading…'}>
          {failures.data && 'Every request of this window was answered as the script expects.'}
        </Empty>
      ) : (
        <ul class="failure-list">
          {rows.map((f) => (
            <li key={f.method + f.name + f.error}>
              <a href={link('failures', { failure: `${f.method} ${f.name} ${f.error}` })}>
                <b class="num bad-text">{count(f.count)}</b>
                <Endpoint method={f.method} name={f.name} />
                <span class="error-text" title={f.error}>
                  {f.error}
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function OverviewPage() {
  const { live } = useRun();
  const { span: chosen } = useWindow();
  const waiting = live && state.value?.phase === 'init';
  return (
    <div class="page overview">
      {!chosen && <Verdict />}
      {waiting && <Banner tone="quiet">Getting ready: the script is read, users and set-up are made. Load begins in a moment.</Banner>}
      <Charts />
      <PinnedProbes />
      <p class="hint drag-hint">Drag over any chart: every table is then about that window only.</p>
      <div class="two-columns">
        <TopEndpoints />
        <TopFailures />
      </div>
    </div>
  );
}
