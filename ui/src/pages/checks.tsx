import { count, msNumber, percent } from '../lib/format';
import type { Check, Threshold } from '../lib/types';
import { Empty, Pill, Trouble } from '../parts/basics';
import { DataTable, type Column } from '../parts/datatable';
import { usePart } from '../parts/runcontext';

const CHECKS: Column<Check>[] = [
  {
    key: 'ok',
    head: '',
    width: 44,
    sortable: false,
    cell: (c) => (
      <span class={c.fails ? 'bad-text' : 'good-text'} aria-label={c.fails ? 'failed' : 'passed'}>
        {c.fails ? '✗' : '✓'}
      </span>
    ),
  },
  {
    key: 'name',
    head: 'Check',
    width: 220,
    grow: true,
    cell: (c) => (
      <span title={c.name}>
        {c.group && <span class="hint">{c.group} › </span>}
        {c.name}
      </span>
    ),
  },
  {
    key: 'share',
    head: 'Passed',
    width: 80,
    number: true,
    tone: (c) => (c.fails ? 'bad-text' : ''),
    cell: (c) => percent(c.passes / Math.max(1, c.passes + c.fails)),
  },
  { key: 'passes', head: 'Passes', width: 84, number: true, cell: (c) => count(c.passes) },
  { key: 'fails', head: 'Fails', width: 84, number: true, tone: (c) => (c.fails ? 'bad-text' : 'zero'), cell: (c) => count(c.fails) },
];

const THRESHOLDS: Column<Threshold>[] = [
  { key: 'ok', head: '', width: 96, sortable: false, cell: (t) => <Pill tone={t.ok ? 'good' : 'bad'}>{t.ok ? 'met' : 'crossed'}</Pill> },
  { key: 'metric', head: 'Metric', width: 220, grow: true, cell: (t) => t.metric },
  { key: 'expression', head: 'Must hold', width: 180, cell: (t) => <code>{t.expression}</code> },
  {
    key: 'observed',
    head: 'Observed',
    width: 110,
    number: true,
    cell: (t) =>
      typeof t.observed === 'number' ? (Math.abs(t.observed) < 1 ? t.observed.toPrecision(3) : msNumber(t.observed)) : (t.observed ?? '–'),
  },
];

export function ChecksPage() {
  const checks = usePart<{ checks: Check[] }>('checks', {}, 3000);
  const thresholds = usePart<{ thresholds: Threshold[] }>('thresholds', {}, 3000);
  const error = checks.error ?? thresholds.error;
  if (error && !checks.data)
    return (
      <div class="page">
        <Trouble error={error} retry={checks.reload} />
      </div>
    );
  return (
    <div class="page">
      <section class="card">
        <header class="card-head">
          <h3>Thresholds</h3>
        </header>
        <DataTable
          flat
          label="Thresholds"
          columns={THRESHOLDS}
          rows={thresholds.data?.thresholds ?? []}
          rowKey={(t) => t.metric + t.expression}
          empty={
            <Empty title="No thresholds">
              A threshold is a condition that the run must meet, as p(95)&lt;200: in a k6 script’s options, or with --threshold. A crossed one gives
              exit code 99.
            </Empty>
          }
        />
      </section>
      <section class="card">
        <header class="card-head">
          <h3>Checks</h3>
        </header>
        <DataTable
          flat
          label="Checks"
          columns={CHECKS}
          rows={checks.data?.checks ?? []}
          rowKey={(c) => `${c.group}/${c.name}`}
          empty={
            <Empty title="No checks">
              Checks are what a k6 script says about each answer: check(response, {'{'} 'status is 200': … {'}'}).
            </Empty>
          }
        />
      </section>
    </div>
  );
}
