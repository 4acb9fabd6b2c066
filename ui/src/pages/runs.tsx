import { useEffect, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { get, send } from '../lib/api';
import { baseName, compact, duration, msNumber, percent, plural, rate, when } from '../lib/format';
import { useResource, useSettled } from '../lib/hooks';
import { runsChanged, state } from '../lib/live';
import { go, href, replaceQuery, route } from '../lib/router';
import { attempt, toast } from '../lib/toast';
import type { Noteable, Run } from '../lib/types';
import { Button, Confirm, Empty, InlineEdit, Pill, Search, Trouble, type Tone } from '../parts/basics';
import { DataTable, type Column } from '../parts/datatable';

const PAGE = 50;
export const COMPARED_MAX = 8;
/** The runs that are ticked, in the order of ticking. */
export const picked = signal<number[]>([]);

interface RunList {
  ledger: string;
  more: boolean;
  runs: Run[];
}

export function outcomeOf(run: Run): [Tone, string] {
  if (run.state === 'running') return ['accent', 'running'];
  if (run.state === 'lost') return ['warn', 'killed'];
  if (run.exit_code === 90) return ['bad', 'void'];
  if (run.exit_code === 99) return ['bad', 'crossed'];
  if (run.exit_code) return ['warn', `exit ${run.exit_code}`];
  return ['good', 'ended'];
}

function toggle(id: number): void {
  if (picked.value.includes(id)) picked.value = picked.value.filter((n) => n !== id);
  else if (picked.value.length < COMPARED_MAX) picked.value = [...picked.value, id];
  else toast(`At most ${COMPARED_MAX} runs can be compared at once.`, 'error');
}

function columns(note: (run: Run, field: Noteable, text: string) => void, remove: (run: Run) => void): Column<Run>[] {
  const p = (key: 'p50' | 'p95' | 'p99'): Column<Run> => ({
    key,
    head: key,
    width: 72,
    number: true,
    sortable: false,
    cell: (r) => msNumber(r[key]),
  });
  return [
    {
      key: 'pick',
      head: '',
      width: 38,
      sortable: false,
      cell: (r) => (
        <label class="pick">
          <input type="checkbox" checked={picked.value.includes(r.id)} aria-label={`Compare run ${r.id}`} onChange={() => toggle(r.id)} />
        </label>
      ),
    },
    {
      key: 'id',
      head: 'Run',
      width: 56,
      number: true,
      cell: (r) => (
        <a class="num" href={href(['runs', r.id, 'overview'])}>
          {r.id}
        </a>
      ),
    },
    {
      key: 'state',
      head: 'State',
      width: 106,
      cell: (r) => {
        const [tone, word] = outcomeOf(r);
        return (
          <Pill tone={tone} pulse={r.state === 'running'}>
            {word}
          </Pill>
        );
      },
    },
    { key: 'started', head: 'Started', width: 148, cell: (r) => <span class="num">{when(r.started_ms)}</span> },
    { key: 'script', head: 'Script', width: 150, cell: (r) => <span title={r.command}>{baseName(r.script) || r.tool}</span> },
    {
      key: 'label',
      head: 'Label',
      width: 96,
      cell: (r) => <InlineEdit value={r.label} label="Label" placeholder="+ label" onSave={(t) => note(r, 'label', t)} />,
    },
    {
      key: 'notes',
      head: 'Note',
      width: 150,
      grow: true,
      cell: (r) => <InlineEdit value={r.notes} label="Note" placeholder="+ note" onSave={(t) => note(r, 'notes', t)} />,
    },
    { key: 'duration', head: 'Length', width: 98, number: true, cell: (r) => duration(r.duration_s) },
    { key: 'users', head: 'Users', width: 60, number: true, cell: (r) => compact(r.users_max) },
    { key: 'requests', head: 'Requests', width: 80, number: true, cell: (r) => compact(r.requests) },
    { key: 'rps', head: 'Req/s', width: 68, number: true, cell: (r) => rate(r.rps) },
    p('p50'),
    p('p95'),
    p('p99'),
    {
      key: 'failed',
      head: 'Failed',
      width: 78,
      number: true,
      tone: (r) => (r.failures ? 'bad-text' : 'zero'),
      cell: (r) => percent(r.requests ? (r.failures ?? 0) / r.requests : null),
    },
    {
      key: 'remove',
      head: '',
      width: 50,
      sortable: false,
      cell: (r) => r.state !== 'running' && <Button kind="ghost" small icon="trash" label={`Remove run ${r.id}`} onClick={() => remove(r)} />,
    },
  ];
}

function NoRuns({ searched }: { searched: boolean }) {
  if (searched) return <Empty title="No run matches">The search looks at script, command, label, focus, changes, notes and links.</Empty>;
  return (
    <Empty title="No runs yet">
      Every run is kept here, searchable and comparable: <code>halftime locust -f locustfile.py</code>, <code>halftime k6 run script.js</code>.
    </Empty>
  );
}

function useRuns(search: string, label: string) {
  const [more, setMore] = useState<Run[]>([]);
  const [end, setEnd] = useState(false);
  const read = useResource(`${search}/${label}/${runsChanged.value}`, (signal) => get<RunList>('runs', { search, label, limit: PAGE }, signal));
  useEffect(() => {
    setMore([]);
    setEnd(!(read.data?.more ?? false));
  }, [read.data]);
  const all = [...(read.data?.runs ?? []), ...more];
  const next = () =>
    void attempt(async () => {
      const page = await get<RunList>('runs', { search, label, limit: PAGE, before: all.at(-1)?.id });
      setMore((m) => [...m, ...page.runs]);
      setEnd(!page.more);
    });
  return { ...read, all, end, next };
}

export function RunsPage() {
  const [search, setSearch] = useState(route.value.query.get('search') ?? '');
  const settled = useSettled(search);
  const label = route.value.query.get('label') ?? '';
  const runs = useRuns(settled, label);
  const [removing, setRemoving] = useState<Run | null>(null);
  const note = (run: Run, field: Noteable, text: string) =>
    void attempt(async () => {
      await send('PATCH', `runs/${run.id}`, { [field]: text });
      runs.reload();
    });
  const labels = [...new Set([...(label ? [label] : []), ...runs.all.map((r) => r.label).filter(Boolean)])].sort();
  const chosen = picked.value;
  return (
    <main class="page fill runs-page" id="main">
      <header class="page-head">
        <h1>Runs</h1>
        <span class="hint mono ledger" title="The file in which runs are kept">
          {runs.data?.ledger ?? ''}
        </span>
      </header>
      <div class="toolbar">
        <Search value={search} onInput={setSearch} label="Search runs" hint="Script, command, label, notes … (/)" />
        <label class="select-label">
          <span class="visually-hidden">Label</span>
          <select value={label} onChange={(e) => replaceQuery({ label: e.currentTarget.value || null })}>
            <option value="">every label</option>
            {labels.map((l) => (
              <option key={l} value={l}>
                {l}
              </option>
            ))}
          </select>
        </label>
        <span class="hint num" role="status">
          {runs.data ? `${plural(runs.all.length, 'run')}${runs.end ? '' : ' shown'}` : 'Reading…'}
        </span>
        <span class="push compare-bar">
          <span class="hint">
            {chosen.length === 0
              ? 'Tick two runs to compare them'
              : chosen.length === 1
                ? `#${chosen[0]} is the baseline: tick another`
                : `#${chosen.join(', #')}`}
          </span>
          {chosen.length > 0 && (
            <Button
              small
              kind="ghost"
              onClick={() => {
                picked.value = [];
              }}
            >
              Clear
            </Button>
          )}
          <Button
            kind={chosen.length > 1 ? 'primary' : 'plain'}
            disabled={chosen.length < 2}
            onClick={() => go(['compare'], { runs: chosen.join(',') })}
          >
            Compare
          </Button>
        </span>
      </div>
      {runs.error && !runs.data ? (
        <Trouble error={runs.error} retry={runs.reload} />
      ) : (
        <DataTable
          label="Runs"
          columns={columns(note, setRemoving)}
          rows={runs.all}
          rowKey={(r) => String(r.id)}
          onRow={(r) => go(r.id === state.value?.run ? ['live', 'overview'] : ['runs', r.id, 'overview'])}
          empty={runs.data ? <NoRuns searched={Boolean(settled || label)} /> : <Empty title="Reading…" />}
        />
      )}
      {!runs.end && (
        <div class="more">
          <Button onClick={runs.next}>Show older runs</Button>
        </div>
      )}
      {removing && (
        <Confirm
          title={`Remove run ${removing.id}?`}
          action="Remove"
          onClose={() => setRemoving(null)}
          onYes={() =>
            void attempt(async () => {
              await send('DELETE', `runs/${removing.id}`);
              picked.value = picked.value.filter((n) => n !== removing.id);
              runs.reload();
            })
          }
        >
          All that was measured in <b>{removing.script}</b>, {when(removing.started_ms)}, goes with it. This cannot be undone.
        </Confirm>
      )}
    </main>
  );
}
