import { useEffect, useState } from 'preact/hooks';
import { bytes, count, msNumber, percent, plural, rate } from '../lib/format';
import { useSettled } from '../lib/hooks';
import { replaceQuery, route } from '../lib/router';
import type { Row, Table } from '../lib/types';
import { Empty, Search, Trouble } from '../parts/basics';
import { DataTable, type Column } from '../parts/datatable';
import { Endpoint } from '../parts/endpoint';
import { usePart, useRun } from '../parts/runcontext';
import { EndpointPanel } from './endpointpanel';

/** Rows asked for at once; more as the table is scrolled. */
const PAGE_ROWS = 300;
const ROWS_MAX = 20000;

export const rowKey = (row: Row) => `${row.method} ${row.name}`;

const time = (key: 'avg' | 'min' | 'max' | 'p50' | 'p90' | 'p95' | 'p99', head: string, hint: string): Column<Row> => ({
  key,
  head,
  hint,
  width: 76,
  number: true,
  cell: (r) => msNumber(r[key]),
});

export function statisticsColumns(short = false): Column<Row>[] {
  const name: Column<Row> = {
    key: 'name',
    head: 'Endpoint',
    width: short ? 190 : 260,
    grow: true,
    cell: (r) => <Endpoint method={r.method} name={r.name} />,
  };
  const requests: Column<Row> = { key: 'requests', head: 'Requests', width: 92, number: true, cell: (r) => count(r.requests) };
  const failures: Column<Row> = {
    key: 'failures',
    head: 'Failures',
    width: 84,
    number: true,
    tone: (r) => (r.failures ? 'bad-text' : 'zero'),
    cell: (r) => count(r.failures),
  };
  const share: Column<Row> = {
    key: 'share',
    head: 'Failed',
    width: 78,
    number: true,
    sortable: false,
    tone: (r) => (r.failures ? 'bad-text' : 'zero'),
    cell: (r) => percent(r.requests ? r.failures / r.requests : null),
  };
  const perSecond: Column<Row> = { key: 'rps', head: 'Req/s', width: 76, number: true, cell: (r) => rate(r.rps) };
  const p50 = time('p50', 'p50', 'Half of the answers were faster, in milliseconds');
  const p95 = time('p95', 'p95', '95 of 100 answers were faster, in milliseconds');
  const p99 = time('p99', 'p99', '99 of 100 answers were faster, in milliseconds');
  if (short) return [name, requests, share, perSecond, p50, p95, p99];
  return [
    name,
    requests,
    failures,
    share,
    perSecond,
    p50,
    time('p90', 'p90', '90 of 100 answers were faster, in milliseconds'),
    p95,
    p99,
    time('avg', 'Average', 'Mean, in milliseconds'),
    time('min', 'Min', 'In milliseconds'),
    time('max', 'Max', 'In milliseconds'),
    { key: 'bytes', head: 'Received', width: 92, number: true, cell: (r) => bytes(r.bytes) },
  ];
}

function summary(table: Table | undefined, filter: string): string {
  if (!table) return 'Reading…';
  const n = plural(table.rows_total, 'endpoint');
  return filter ? `${n} with “${filter}”` : n;
}

export function StatisticsPage() {
  const { live } = useRun();
  const [filter, setFilter] = useState('');
  const settled = useSettled(filter);
  const [limit, setLimit] = useState(PAGE_ROWS);
  const sort = route.value.query.get('sort') ?? '-requests';
  const opened = route.value.query.get('endpoint');
  useEffect(() => setLimit(PAGE_ROWS), [settled, sort]);
  const table = usePart<Table>('table', { sort, filter: settled, limit });
  const data = table.data;
  return (
    <div class="page fill">
      <div class="toolbar">
        <Search value={filter} onInput={setFilter} label="Filter endpoints" hint="A piece of the method or the name (/)" />
        <span class="hint num" role="status">
          {summary(data, settled)}
        </span>
        <span class="hint push">response times in ms</span>
      </div>
      {table.error && !data ? (
        <Trouble error={table.error} retry={table.reload} />
      ) : (
        <DataTable
          label="Statistics of endpoints"
          columns={statisticsColumns()}
          rows={data?.rows ?? []}
          rowKey={rowKey}
          total={data?.rows_total ?? 0}
          onNeed={(n) => setLimit(Math.min(ROWS_MAX, Math.ceil((n + PAGE_ROWS) / PAGE_ROWS) * PAGE_ROWS))}
          sort={sort}
          onSort={(next) => replaceQuery({ sort: next })}
          foot={data?.total}
          busy={table.busy && !live}
          onRow={(row) => replaceQuery({ endpoint: rowKey(row) })}
          selected={opened}
          empty={
            <Empty title={!data ? 'Reading…' : settled ? 'No endpoint matches' : 'No requests in this window'}>
              {data && (settled ? 'Try a shorter piece of the name, or a method such as POST.' : 'Endpoints appear with their first request.')}
            </Empty>
          }
        />
      )}
      {opened && (
        <EndpointPanel endpoint={opened} row={data?.rows.find((r) => rowKey(r) === opened)} onClose={() => replaceQuery({ endpoint: null })} />
      )}
    </div>
  );
}
