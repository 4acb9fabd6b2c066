import { bytes, count, msNumber } from '../lib/format';
import { latest, workerCpu } from '../lib/live';
import { fitnessNow, fitnessThen } from '../lib/validity';
import type { Worker } from '../lib/types';
import { Banner, Empty, Pill, Trouble, type Tone } from '../parts/basics';
import { DataTable, type Column } from '../parts/datatable';
import { usePart, useRun } from '../parts/runcontext';

const SPARK_W = 120;
const SPARK_H = 20;

function Spark({ values, label }: { values: number[]; label: string }) {
  if (values.length < 2) return <span class="hint">–</span>;
  const step = SPARK_W / Math.max(59, values.length - 1);
  const points = values
    .map((v, i) => `${(SPARK_W - (values.length - 1 - i) * step).toFixed(1)},${(SPARK_H - (Math.min(100, v) / 100) * SPARK_H).toFixed(1)}`)
    .join(' ');
  return (
    <svg class="spark" viewBox={`0 0 ${SPARK_W} ${SPARK_H}`} width={SPARK_W} height={SPARK_H} role="img" aria-label={label}>
      <polyline points={points} />
    </svg>
  );
}

const tone = (state: string): Tone =>
  state === 'lost' || state === 'missing' ? 'bad' : state === 'running' || state === 'spawning' ? 'good' : 'quiet';

function columns(live: boolean): Column<Worker>[] {
  const all: Column<Worker>[] = [
    { key: 'name', head: 'Worker', width: 150, grow: true, cell: (w) => <span>{w.name ?? `worker ${w.id}`}</span> },
    { key: 'state', head: 'State', width: 110, cell: (w) => <Pill tone={tone(w.state)}>{w.state}</Pill> },
    { key: 'users', head: 'Users', width: 80, number: true, cell: (w) => count(w.users) },
    {
      key: 'cpu',
      head: 'CPU',
      hint: 'Percent of one core',
      width: 80,
      number: true,
      tone: (w) => ((w.cpu ?? 0) >= 95 ? 'bad-text' : (w.cpu ?? 0) >= 80 ? 'warn-text' : ''),
      cell: (w) => (w.cpu == null ? '–' : `${w.cpu.toFixed(1)} %`),
    },
  ];
  if (live)
    all.push({
      key: 'spark',
      head: 'last two minutes',
      width: 150,
      sortable: false,
      cell: (w) => <Spark values={workerCpu.value.get(w.id) ?? []} label={`CPU of worker ${w.id}`} />,
    });
  return [
    ...all,
    { key: 'rss', head: 'Memory', width: 96, number: true, cell: (w) => bytes(w.rss_bytes) },
    {
      key: 'lag_ms',
      head: 'Loop lag',
      hint: 'How long an event waited at most before it was looked at, in ms',
      width: 90,
      number: true,
      cell: (w) => (w.lag_ms == null ? '–' : `${msNumber(w.lag_ms)} ms`),
    },
    {
      key: 'late_ms',
      head: 'Starts late',
      hint: 'How late an iteration began at most, in ms',
      width: 100,
      number: true,
      cell: (w) => (w.late_ms == null ? '–' : `${msNumber(w.late_ms)} ms`),
    },
  ];
}

/** Health from the ledger, with the state of this second on top where there is one. */
function mixed(workers: Worker[], live: boolean): Worker[] {
  const now = live ? (latest.value?.workers ?? []) : [];
  const known = workers.map((w) => ({ ...w, ...now.find((n) => n.id === w.id) }));
  const fresh = now.filter((n) => !workers.some((w) => w.id === n.id)).map((n): Worker => ({ ...n, name: null, lag_ms: null, late_ms: null }));
  return [...known, ...fresh];
}

export function WorkersPage() {
  const { live, detail } = useRun();
  const read = usePart<{ workers: Worker[] }>('workers', {}, 2000);
  const workers = mixed(read.data?.workers ?? [], live);
  const fit = live
    ? fitnessNow(workers)
    : detail
      ? (fitnessThen(detail) ?? { tone: 'good' as const, words: 'The generator was not the limit of this run.' })
      : null;
  if (read.error && !read.data)
    return (
      <div class="page">
        <Trouble error={read.error} retry={read.reload} />
      </div>
    );
  return (
    <div class="page">
      {fit && workers.length > 0 && <Banner tone={fit.tone}>{fit.words}</Banner>}
      <section class="card">
        <DataTable
          flat
          label="Workers"
          columns={columns(live)}
          rows={workers}
          rowKey={(w) => String(w.id)}
          empty={
            <Empty title={read.data ? 'No workers' : 'Reading…'}>
              {read.data && 'The processes that hold the users report here: how busy they are, and whether they keep up.'}
            </Empty>
          }
        />
      </section>
      <p class="hint">
        CPU is of one core. A worker near 100 % measures its own delays: use more workers (--workers N, Locust: --processes N) or fewer users.
      </p>
    </div>
  );
}
