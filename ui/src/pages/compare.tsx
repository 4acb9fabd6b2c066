import { useState } from 'preact/hooks';
import uPlot from 'uplot';
import { get } from '../lib/api';
import { baseName, ms, msNumber, percent, rate, signedMs, signedPercent, when } from '../lib/format';
import { useResource } from '../lib/hooks';
import { href, route } from '../lib/router';
import type { ComparedEndpoint, Comparison, Num, Pair, QuantileDiff, Run, Verdict } from '../lib/types';
import { Empty, Search, Segments, Trouble } from '../parts/basics';
import { Chart, type Line } from '../parts/chart';
import { DataTable, type Column } from '../parts/datatable';
import { Endpoint } from '../parts/endpoint';

type Quantile = 'p50' | 'p95' | 'p99';
type Measure = 'rps' | 'users' | 'fails_s' | Quantile;

const WORDS: Record<Verdict, string> = {
  same: 'No difference',
  faster: 'Faster',
  slower: 'Slower',
  unsure: 'Not sure',
  'too little': 'Too little data',
};
const TONES: Record<Verdict, string> = { same: 'quiet', faster: 'good', slower: 'bad', unsure: 'warn', 'too little': 'warn' };
const COLOURS = ['--run-1', '--run-2', '--run-3', '--run-4', '--run-5', '--run-6', '--run-7', '--run-8'];

const nameOf = (run: Run) => `#${run.id}${run.label ? ` ${run.label}` : ''}`;

/** Runs of different lengths and widths on one axis of time. */
export function overlay(series: Comparison['series'], measure: Measure): { t: number[]; values: Num[][] } {
  if (series.length === 0) return { t: [], values: [] };
  const joined = uPlot.join(series.map((s) => [s.t, s[measure] ?? []] as uPlot.AlignedData));
  const values = series.map((s, i) => carried(joined[i + 1] as (number | null | undefined)[], joined[0] as number[], s.width_s));
  return { t: joined[0] as number[], values };
}

/** A point of a run holds for its width: it has a value, too, where only another run has a point. */
function carried(values: (number | null | undefined)[], t: number[], width: number): Num[] {
  let last: Num = null;
  let until = -1;
  return values.map((v, i) => {
    const at = t[i] ?? 0;
    if (v !== undefined) {
      last = v;
      until = at + width;
    }
    return v === undefined ? (at < until ? last : null) : v;
  });
}

function Overlays({ data }: { data: Comparison }) {
  const [quantile, setQuantile] = useState<Quantile>('p95');
  const lines = (measure: Measure): { t: number[]; lines: Line[] } => {
    const { t, values } = overlay(data.series, measure);
    return {
      t,
      lines: data.series.map((s, i) => {
        const run = data.runs.find((r) => r.id === s.run);
        return { label: run ? nameOf(run) : `#${s.run}`, colour: COLOURS[i] ?? '--run-1', values: values[i] ?? [] };
      }),
    };
  };
  const common = { sync: 'compare', width_s: 1 };
  return (
    <div class="charts">
      <Chart
        {...common}
        title="Response time"
        unit={quantile}
        format={ms}
        atLeast={5}
        {...lines(quantile)}
        actions={
          <Segments
            label="Quantile"
            value={quantile}
            onChange={setQuantile}
            all={
              [
                ['p50', 'p50'],
                ['p95', 'p95'],
                ['p99', 'p99'],
              ] as const
            }
          />
        }
      />
      <Chart {...common} title="Throughput" unit="requests per second" format={rate} {...lines('rps')} />
      <Chart {...common} title="Users" unit="" format={rate} {...lines('users')} />
      <Chart {...common} title="Failures" unit="per second" format={rate} {...lines('fails_s')} />
    </div>
  );
}

/** Differences beyond this share of the value before are drawn at the edge. */
const EDGE = 1;

/** Where the difference lies, as a share of the value before: the bar is the interval, the line in the middle is no difference. */
function Interval({ q, most }: { q: QuantileDiff; most: number }) {
  if (q.low === null || q.high === null || !q.before) return null;
  const x = (v: number) => 40 + (Math.max(-most, Math.min(most, v / (q.before ?? 1))) / most) * 38;
  const share = ((q.after ?? 0) - q.before) / q.before;
  return (
    <span class={`interval ${TONES[q.verdict]}`} title={`between ${signedMs(q.low)} and ${signedMs(q.high)}`}>
      <svg viewBox="0 0 80 14" width="80" height="14" role="img" aria-label={`between ${signedMs(q.low)} and ${signedMs(q.high)}`}>
        <line class="interval-zero" x1="40" x2="40" y1="0" y2="14" />
        <rect x={x(q.low)} y="4" width={Math.max(2, x(q.high) - x(q.low))} height="6" rx="3" />
      </svg>
      <b class="num">{signedPercent(share)}</b>
    </span>
  );
}

function Change({ q }: { q: QuantileDiff | undefined }) {
  if (!q) return <span>–</span>;
  const changed = q.verdict === 'slower' || q.verdict === 'faster';
  return (
    <span
      class={`change ${changed ? TONES[q.verdict] : 'quiet'}`}
      title={`${WORDS[q.verdict]}: ${ms(q.before)} → ${ms(q.after)}, difference between ${signedMs(q.low)} and ${signedMs(q.high)}`}
    >
      <span class="hint num">{msNumber(q.before)} →</span> <b class="num">{msNumber(q.after)}</b>
    </span>
  );
}

function pairColumns(pair: Pair): Column<ComparedEndpoint>[] {
  const at = (e: ComparedEndpoint, p: number) => e.quantiles.find((q) => q.p === p);
  const reach = (q: QuantileDiff | undefined) => (q?.before ? Math.max(Math.abs(q.low ?? 0), Math.abs(q.high ?? 0)) / q.before : 0);
  const most = Math.min(EDGE, Math.max(0.05, ...pair.endpoints.map((e) => reach(at(e, 0.95)))));
  const change = (p: number, head: string): Column<ComparedEndpoint> => ({
    key: head,
    head,
    width: 132,
    number: true,
    sortable: false,
    hint: 'before → after, in milliseconds',
    cell: (e) => <Change q={at(e, p)} />,
  });
  return [
    { key: 'name', head: 'Endpoint', width: 220, grow: true, sortable: false, cell: (e) => <Endpoint method={e.method} name={e.name} /> },
    change(0.5, 'p50'),
    change(0.95, 'p95'),
    {
      key: 'interval',
      head: 'p95 change',
      width: 176,
      sortable: false,
      hint: 'The interval in which the difference lies with 99 % confidence',
      cell: (e) => {
        const q = at(e, 0.95);
        return q ? <Interval q={q} most={most} /> : '–';
      },
    },
    change(0.99, 'p99'),
    {
      key: 'rps',
      head: 'Req/s',
      width: 120,
      number: true,
      sortable: false,
      cell: (e) => (
        <span>
          <span class="hint">{rate(e.rps.before)} →</span> {rate(e.rps.after)}
        </span>
      ),
    },
    {
      key: 'errors',
      head: 'Failed',
      width: 150,
      number: true,
      sortable: false,
      tone: (e) => ((e.error_rate.after ?? 0) > (e.error_rate.before ?? 0) * 1.5 + 0.001 ? 'bad-text' : ''),
      cell: (e) => (
        <span>
          <span class="hint">{percent(e.error_rate.before)} →</span> {percent(e.error_rate.after)}
        </span>
      ),
    },
  ];
}

/** Certain changes first, the largest on top. */
export function weightOf(e: ComparedEndpoint): number {
  const certain = e.quantiles.filter((q) => q.verdict === 'slower' || q.verdict === 'faster');
  const size = (q: QuantileDiff) => Math.abs((q.after ?? 0) - (q.before ?? 0));
  return (certain.length > 0 ? 1e9 : 0) + Math.max(0, ...(certain.length > 0 ? certain : e.quantiles).map(size));
}

function PairView({ pair, runs }: { pair: Pair; runs: Run[] }) {
  const [filter, setFilter] = useState('');
  const wanted = filter.toLowerCase();
  const rows = pair.endpoints.filter((e) => `${e.method} ${e.name}`.toLowerCase().includes(wanted)).sort((a, b) => weightOf(b) - weightOf(a));
  const side = (id: number) => {
    const run = runs.find((r) => r.id === id);
    return <a href={href(['runs', id, 'overview'])}>{run ? nameOf(run) : `#${id}`}</a>;
  };
  return (
    <>
      <section class={`card verdict-card ${TONES[pair.verdict]}`} aria-label="Verdict">
        <h2>{WORDS[pair.verdict]}</h2>
        <p>{pair.text}</p>
        <p class="hint">
          {side(pair.before)} → {side(pair.after)}
        </p>
      </section>
      <section class="card">
        <header class="card-head">
          <h3>
            By endpoint <small>response times in ms, before → after</small>
          </h3>
          <Search value={filter} onInput={setFilter} label="Filter endpoints" />
        </header>
        <DataTable
          flat={rows.length <= 100}
          label="Compared endpoints"
          columns={pairColumns(pair)}
          rows={rows}
          rowKey={(e) => `${e.method} ${e.name}`}
          empty={<Empty title={filter ? 'No endpoint matches' : 'The runs have no endpoint in common'} />}
        />
      </section>
    </>
  );
}

function RunCards({ runs }: { runs: Run[] }) {
  return (
    <ul class="run-cards">
      {runs.map((r, i) => (
        <li class="card" key={r.id}>
          <i class={`swatch swatch${COLOURS[i]}`} aria-hidden="true" />
          <a href={href(['runs', r.id, 'overview'])}>
            <b class="num">{nameOf(r)}</b>
          </a>
          <span class="hint">{baseName(r.script)}</span>
          <span class="hint num">
            {when(r.started_ms)} · {rate(r.rps)}/s · p95 {ms(r.p95)} · {percent(r.requests ? (r.failures ?? 0) / r.requests : null)} failed
          </span>
          {(r.changes || r.notes) && <span class="hint">{r.changes || r.notes}</span>}
          {i === 0 && <span class="tag">baseline</span>}
        </li>
      ))}
    </ul>
  );
}

function Loaded({ data }: { data: Comparison }) {
  const [chosen, setChosen] = useState(0);
  const pair = data.pairs[Math.min(chosen, data.pairs.length - 1)];
  return (
    <>
      <RunCards runs={data.runs} />
      {data.pairs.length > 1 && (
        <Segments
          label="Pair"
          value={String(chosen)}
          onChange={(v) => setChosen(Number(v))}
          all={data.pairs.map((p, i) => [String(i), `#${p.before} → #${p.after}`] as const)}
        />
      )}
      {pair && <PairView key={`${pair.before}/${pair.after}`} pair={pair} runs={data.runs} />}
      <Overlays data={data} />
    </>
  );
}

export function ComparePage() {
  const runs = route.value.query.get('runs') ?? '';
  const enough = runs.split(',').filter(Boolean).length >= 2;
  const read = useResource(enough ? runs : null, (signal) => get<Comparison>('compare', { runs }, signal));
  return (
    <main class="page compare-page" id="main">
      <header class="page-head">
        <h1>Compare</h1>
        <a href={href(['runs'])}>Choose runs</a>
      </header>
      {!enough && (
        <Empty title="Which runs?">
          Tick two or more in <a href={href(['runs'])}>Runs</a>. They are laid over each other, and every endpoint is told apart from chance: what
          rose, by how much, and how certain that is.
        </Empty>
      )}
      {enough && read.error && <Trouble error={read.error} retry={read.reload} />}
      {enough && !read.data && !read.error && (
        <Empty title="Comparing…">Histograms of every second are drawn from again and again, to tell a difference from chance.</Empty>
      )}
      {enough && read.data && <Loaded key={runs} data={read.data} />}
    </main>
  );
}
