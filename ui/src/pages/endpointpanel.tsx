// One endpoint, beside the table: its distribution, its course, and what its percentiles mean in words.

import { get } from '../lib/api';
import { count, ms, percent, rate } from '../lib/format';
import { useResource } from '../lib/hooks';
import { setSpan, span } from '../lib/router';
import { POINTS } from '../lib/series';
import type { Histogram, Row, Series, Table } from '../lib/types';
import { Dialog, Empty } from '../parts/basics';
import { Chart } from '../parts/chart';
import { Bars } from '../parts/histogram';
import { usePart, useRun, useWindow } from '../parts/runcontext';

export function splitKey(key: string): { method: string; name: string } {
  const cut = key.indexOf(' ');
  return { method: key.slice(0, cut), name: key.slice(cut + 1) };
}

function Figures({ row }: { row: Row }) {
  const all: [string, string][] = [
    ['Requests', count(row.requests)],
    ['Failed', percent(row.requests ? row.failures / row.requests : null)],
    ['Per second', rate(row.rps)],
    ['Average', ms(row.avg)],
    ['Min', ms(row.min)],
    ['p50', ms(row.p50)],
    ['p90', ms(row.p90)],
    ['p95', ms(row.p95)],
    ['p99', ms(row.p99)],
    ['Max', ms(row.max)],
  ];
  return (
    <dl class="figures five">
      {all.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd class="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Percentiles read aloud, for those who were never told what a p95 is. */
export function sayPercentiles(row: Row): string {
  if (row.p50 === null || row.p95 === null || row.p99 === null) return '';
  const tail = row.p99 > row.p50 * 8 ? ' The tail is long: a few answers wait for something that the others do not.' : '';
  return `Half of the answers came within ${ms(row.p50)}. One in twenty took longer than ${ms(row.p95)}, one in a hundred longer than ${ms(row.p99)}.${tail}`;
}

export function EndpointPanel({ endpoint, row, onClose }: { endpoint: string; row: Row | undefined; onClose: () => void }) {
  const { id, live } = useRun();
  const { method, name } = splitKey(endpoint);
  const { span: chosen } = useWindow();
  const histogram = usePart<Histogram>('histogram', { method, name }, 3000);
  const found = usePart<Table>('table', { filter: name, limit: 50 }, 3000);
  const series = useResource(
    `${id}/${endpoint}`,
    (signal) => get<Series>(`runs/${id}/series`, { method, name, points: POINTS / 2 }, signal),
    live && !chosen ? 3000 : null,
  );
  const mine = found.data?.rows.find((r) => r.method === method && r.name === name) ?? row;
  const s = series.data;
  return (
    <Dialog side title={endpoint} onClose={onClose}>
      {mine ? (
        <>
          <Figures row={mine} />
          <p class="words">{sayPercentiles(mine)}</p>
        </>
      ) : (
        <Empty title={found.data ? 'No requests in this window' : 'Reading…'} />
      )}
      <section class="card">
        <header class="card-head">
          <h3>
            Distribution <small>requests by response time</small>
          </h3>
        </header>
        <Bars histogram={histogram.data} row={mine} />
      </section>
      {s && (
        <Chart
          title="Response time"
          unit=""
          format={ms}
          t={s.t}
          sync="endpoint"
          width_s={s.width_s}
          span={span.value}
          onSpan={setSpan}
          marks={s.marks}
          atLeast={5}
          lines={[
            { label: 'p50', colour: '--chart-3', values: s.p50 },
            { label: 'p95', colour: '--chart-2', values: s.p95 },
            { label: 'p99', colour: '--chart-1', values: s.p99 },
          ]}
        />
      )}
      {s && (
        <Chart
          title="Throughput"
          unit="per second"
          format={rate}
          t={s.t}
          sync="endpoint"
          width_s={s.width_s}
          span={span.value}
          onSpan={setSpan}
          marks={s.marks}
          lines={[
            { label: 'requests', colour: '--chart-1', values: s.rps, fill: true },
            { label: 'failures', colour: '--bad', values: s.fails_s },
          ]}
        />
      )}
    </Dialog>
  );
}
