// Everything about one run: its head, its key figures, its tabs. The run that is under way and one of last year are the same page.

import type { ComponentType } from 'preact';
import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { get, send } from '../lib/api';
import { baseName, clock, compact, count, duration, ms, percent, plural, rate, when } from '../lib/format';
import { split } from '../lib/findings';
import { useResource } from '../lib/hooks';
import { connection, latest, runsChanged, state, unreadWarnings } from '../lib/live';
import { span } from '../lib/router';
import { attempt } from '../lib/toast';
import { fitnessNow, fitnessThen, type Fitness } from '../lib/validity';
import type { Failure, ExceptionRow, Noteable, RunDetail, Table } from '../lib/types';
import { InlineEdit, Pill, Trouble, type Tone } from '../parts/basics';
import { Controls } from '../parts/controls';
import { linkTo, RunContext, usePart, useRun, useShared, useWindow } from '../parts/runcontext';
import { WindowChip, WindowDialog } from '../parts/windowchip';
import { ChecksPage } from './checks';
import { ExceptionsPage } from './exceptions';
import { ExportsPage } from './exports';
import { FailuresPage } from './failures';
import { FindingsPage } from './findings';
import { LogsPage } from './logs';
import { OverviewPage } from './overview';
import { ProbesPage } from './probes';
import { ScriptPage } from './script';
import { StatisticsPage } from './statistics';
import { TasksPage } from './tasks';
import { TracesPage } from './traces';
import { WorkersPage } from './workers';

export const windowDialog = signal(false);

export interface Tab {
  key: string;
  title: string;
  shortcut: string;
  page: ComponentType;
  /** Only for runs of this tool. */
  tool?: string;
}

export const TABS: Tab[] = [
  { key: 'overview', title: 'Overview', shortcut: 'o', page: OverviewPage },
  { key: 'findings', title: 'Findings', shortcut: 'b', page: FindingsPage },
  { key: 'probes', title: 'Probes', shortcut: 'i', page: ProbesPage },
  { key: 'traces', title: 'Traces', shortcut: 'a', page: TracesPage },
  { key: 'statistics', title: 'Statistics', shortcut: 's', page: StatisticsPage },
  { key: 'failures', title: 'Failures', shortcut: 'f', page: FailuresPage },
  { key: 'exceptions', title: 'Exceptions', shortcut: 'e', page: ExceptionsPage },
  { key: 'checks', title: 'Checks', shortcut: 'c', page: ChecksPage },
  { key: 'tasks', title: 'Tasks', shortcut: 't', page: TasksPage, tool: 'locust' },
  { key: 'workers', title: 'Workers', shortcut: 'w', page: WorkersPage },
  { key: 'logs', title: 'Log', shortcut: 'l', page: LogsPage },
  { key: 'script', title: 'Script', shortcut: 'y', page: ScriptPage },
  { key: 'export', title: 'Export', shortcut: 'x', page: ExportsPage },
];

// What nobody explains to those who are shown percentiles.
const P50 = 'half are faster';
const P95 = '1 in 20 is slower';
const P99 = '1 in 100 is slower';
const EXPLAINED = [P50, P95, P99];

function Tile({ term, value, note, tone }: { term: string; value: string; note?: string; tone?: string }) {
  return (
    <div class="tile">
      <dt>{term}</dt>
      <dd class={`num ${tone ?? ''}`}>{value}</dd>
      <dd class={`tile-note num${note && EXPLAINED.includes(note) ? ' explained' : ''}`}>{note ?? ''}</dd>
    </div>
  );
}

function LiveTiles() {
  const now = state.value;
  const second = latest.value;
  if (!now) return null;
  const target = now.users.target;
  const failing = second?.rps ? (second.fails_s ?? 0) / second.rps : 0;
  const left = now.duration_s === null ? 'no limit' : `of ${clock(now.duration_s)}`;
  return (
    <dl class="tiles" aria-label="This second">
      <Tile
        term="Users"
        value={count(now.users.active)}
        note={now.state === 'spawning' ? `→ ${count(target)}` : target === null ? '' : `of ${count(target)}`}
      />
      <Tile term="Requests/s" value={rate(now.rate)} note="this second" />
      <Tile term="Failing" value={percent(failing)} note={`${rate(now.fail_rate)}/s`} tone={failing > 0 ? 'bad-text' : ''} />
      <Tile term="p50" value={ms(second?.p50)} note={P50} />
      <Tile term="p95" value={ms(second?.p95)} note={P95} />
      <Tile term="p99" value={ms(second?.p99)} note={P99} />
      <Tile term="Time" value={clock(now.elapsed_s)} note={left} />
    </dl>
  );
}

/** Of the window, or of the whole run when there is none. */
function TotalTiles() {
  const { detail } = useRun();
  const table = usePart<Table>('table', { limit: 1 });
  const chosen = span.value;
  const total = table.data?.total;
  const seconds = chosen ? chosen.to - chosen.from : detail?.duration_s;
  return (
    <dl class="tiles" aria-label={chosen ? 'The window' : 'The whole run'}>
      <Tile term="Requests" value={compact(total?.requests)} note={chosen ? 'in the window' : 'in all'} />
      <Tile term="Requests/s" value={rate(total?.rps)} note="mean" />
      <Tile
        term="Failed"
        value={percent(total ? total.failures / Math.max(1, total.requests) : null)}
        note={total ? plural(total.failures, 'failure') : ''}
        tone={total?.failures ? 'bad-text' : ''}
      />
      <Tile term="p50" value={ms(total?.p50)} note={P50} />
      <Tile term="p95" value={ms(total?.p95)} note={P95} />
      <Tile term="p99" value={ms(total?.p99)} note={P99} />
      <Tile
        term={chosen ? 'Window' : 'Duration'}
        value={duration(seconds)}
        note={chosen ? `${clock(chosen.from)}–${clock(chosen.to)}` : `${count(detail?.users_max)} users`}
      />
    </dl>
  );
}

/** A run of "halftime watch": how the system has been stands on a page of its own. */
export function isWatch(command: string): boolean {
  return /^\S*halftime watch(\s|$)/.test(command);
}

function phasePill(detail: RunDetail | undefined, live: boolean): [Tone, string, boolean] {
  const now = state.value;
  if (live && now) {
    if (now.phase === 'init') return ['warn', 'getting ready', true];
    if (now.phase === 'stopping') return ['warn', 'stopping', true];
    if (now.paused) return ['warn', 'paused', false];
    return ['accent', now.state === 'spawning' ? 'ramping' : 'running', true];
  }
  if (!detail) return ['quiet', '…', false];
  if (detail.state === 'running' && now?.run === detail.id && connection.value === 'lost') return ['warn', 'no connection', false];
  if (detail.state === 'lost') return ['warn', 'killed', false];
  if (detail.state === 'running') return ['accent', 'running elsewhere', true];
  if (detail.exit_code === 90) return ['bad', 'void', false];
  if (detail.exit_code === 99) return ['bad', 'threshold crossed', false];
  return detail.exit_code ? ['warn', `ended, exit ${detail.exit_code}`, false] : ['good', 'ended', false];
}

function useFitness(detail: RunDetail | undefined, live: boolean): Fitness | null {
  if (live) return fitnessNow(latest.value?.workers ?? []);
  return detail ? fitnessThen(detail) : null;
}

function Head() {
  const { id, live, detail, reload, link } = useRun();
  const [tone, word, pulse] = phasePill(detail, live);
  const fit = useFitness(detail, live);
  const now = state.value;
  const here = live || now?.run === id;
  const script = detail?.script ?? now?.script ?? '';
  const save = (field: Noteable) => (text: string) =>
    void attempt(async () => {
      await send('PATCH', `runs/${id}`, { [field]: text });
      reload();
    });
  return (
    <header class="run-head">
      <div class="run-title">
        <h1 title={script}>
          <span class="run-number num">#{id}</span> {baseName(script)}
        </h1>
        <Pill tone={tone} pulse={pulse}>
          {word}
        </Pill>
        {fit && fit.short !== 'void' && fit.short !== 'cut short' && (
          <a class="fit" href={link('workers')} title={fit.words}>
            <Pill tone={fit.tone}>
              <span>
                <span class="wide-only">generator </span>
                {fit.short}
              </span>
            </Pill>
          </a>
        )}
      </div>
      <div class="run-meta">
        {detail && <span class="num">{when(detail.started_ms)}</span>}
        {detail && isWatch(detail.command) && <a href="status">Status page</a>}
        {here && now?.host && <span class="mono host">{now.host}</span>}
        {detail && <InlineEdit value={detail.label} label="Label" placeholder="+ label" onSave={save('label')} />}
        {detail && <InlineEdit value={detail.notes} label="Note" placeholder="+ note" onSave={save('notes')} />}
      </div>
      {here && <Controls />}
    </header>
  );
}

function useCounts(): Record<string, number> {
  const { findings } = useRun();
  const failures = usePart<{ failures: Failure[] }>('failures', {}, 5000);
  const exceptions = usePart<{ exceptions: ExceptionRow[] }>('exceptions', {}, 10000);
  return {
    findings: split(findings.data?.findings ?? []).broke.length,
    failures: failures.data?.failures.length ?? 0,
    exceptions: exceptions.data?.exceptions.length ?? 0,
    logs: unreadWarnings.value,
  };
}

function Tabs({ tab }: { tab: string }) {
  const { detail, live, link } = useRun();
  const counts = useCounts();
  const tool = detail?.tool ?? state.value?.tool;
  return (
    <div class="tab-line">
      <nav class="tabs" aria-label="Parts of the run">
        {TABS.filter((t) => !t.tool || t.tool === tool).map((t) => {
          const n = t.key === 'logs' && !live ? 0 : (counts[t.key] ?? 0);
          return (
            <a key={t.key} href={link(t.key)} aria-current={t.key === tab ? 'page' : undefined} title={`Shortcut: g ${t.shortcut}`}>
              {t.title}
              {n > 0 && <span class="badge num">{n > 999 ? '999+' : n}</span>}
            </a>
          );
        })}
      </nav>
      <WindowChip
        onEdit={() => {
          windowDialog.value = true;
        }}
      />
    </div>
  );
}

function Progress() {
  const now = state.value;
  if (!now?.duration_s) return null;
  return (
    <progress class="run-progress" max={now.duration_s} value={Math.min(now.elapsed_s, now.duration_s)} aria-label="How much of the run is over" />
  );
}

function Body({ tab }: { tab: string }) {
  const { live } = useRun();
  const { span: chosen } = useWindow();
  const Page = (TABS.find((t) => t.key === tab) ?? TABS[0]!).page;
  return (
    <main class="run" id="main">
      <div class="run-top">
        <Head />
        {live && !chosen ? <LiveTiles /> : <TotalTiles />}
        {live && <Progress />}
        <Tabs tab={tab} />
      </div>
      <Page />
      {windowDialog.value && (
        <WindowDialog
          onClose={() => {
            windowDialog.value = false;
          }}
        />
      )}
    </main>
  );
}

export function RunPage({ id, tab, base }: { id: number; tab: string; base: (string | number)[] }) {
  const now = state.value;
  const live = now?.run === id && (now.phase === 'running' || now.phase === 'stopping' || now.phase === 'init');
  const read = useResource(`${id}/${live}/${runsChanged.value}`, (signal) => get<RunDetail>(`runs/${id}`, {}, signal));
  const link = linkTo(base);
  const shared = useShared(id, live);
  const view = useMemo(
    () => ({ id, live, detail: read.data, reload: read.reload, link, ...shared }),
    [id, live, read.data, location.hash, shared.findings.data, shared.findings.error, shared.observed.data, shared.observed.error],
  );
  if (read.error && !read.data && !live)
    return (
      <main class="page" id="main">
        <Trouble error={read.error} retry={read.reload} />
      </main>
    );
  return (
    <RunContext.Provider value={view}>
      <Body tab={tab} />
    </RunContext.Provider>
  );
}
