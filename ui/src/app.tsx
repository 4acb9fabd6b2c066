// The frame around every page: where one is, what runs, how to get elsewhere.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import * as control from './lib/control';
import { baseName, clock, rate } from './lib/format';
import { shortcuts, useTable, type Shortcut } from './lib/keys';
import { connection, isLive, state } from './lib/live';
import { go, href, replaceQuery, route, span } from './lib/router';
import { isDark, theme, toggleTheme } from './lib/theme';
import { Button, Dialog, Empty, Pill, Toasts } from './parts/basics';
import { controlDialog, ControlDialogs } from './parts/controls';
import { Logo } from './parts/icons';
import { leaveWindow } from './parts/windowchip';
import { ComparePage } from './pages/compare';
import { RunPage, TABS, windowDialog } from './pages/runpage';
import { picked, RunsPage } from './pages/runs';
import { StartPage } from './pages/start';

const help = signal(false);

/** The pages of the run that is looked at: its own address, or that of the run of this sitting. */
function runBase(): (string | number)[] | null {
  const [first, second] = route.value.parts;
  if (first === 'runs' && second) return ['runs', second];
  return state.value?.run ? ['live'] : null;
}

function stepTab(by: number): void {
  const base = runBase();
  const now = TABS.findIndex((t) => t.key === route.value.parts[base?.length ?? 0]);
  const next = TABS[(now + by + TABS.length) % TABS.length];
  if (base && next) go([...base, next.key], { from: span.value?.from, to: span.value?.to });
}

function makeShortcuts(): Shortcut[] {
  const can = state.value?.can;
  const onRun = () => runBase() !== null;
  const tabs = TABS.map(
    (t): Shortcut => ({
      keys: `g ${t.shortcut}`,
      does: t.title,
      group: 'Go to',
      when: onRun,
      run: () => go([...(runBase() ?? []), t.key], { from: span.value?.from, to: span.value?.to }),
    }),
  );
  return [
    { keys: 'g n', does: 'Start form', group: 'Go to', run: () => go(['start']), when: () => Boolean(state.value?.start_form) },
    { keys: 'g r', does: 'Runs', group: 'Go to', run: () => go(['runs']) },
    { keys: 'g p', does: 'Compare', group: 'Go to', run: () => go(['compare'], { runs: picked.value.join(',') }) },
    ...tabs,
    { keys: '[', does: 'Tab before', group: 'Go to', run: () => stepTab(-1), when: onRun },
    { keys: ']', does: 'Tab after', group: 'Go to', run: () => stepTab(1), when: onRun },
    {
      keys: 'u',
      does: 'Change users or rate',
      group: 'Run',
      run: () => {
        controlDialog.value = 'users';
      },
      when: () => Boolean(can?.users || can?.rate),
    },
    {
      keys: 'm',
      does: 'Mark this moment',
      group: 'Run',
      run: () => {
        controlDialog.value = 'mark';
      },
      when: () => Boolean(can?.mark),
    },
    { keys: 'p', does: 'Pause or go on', group: 'Run', run: () => void control.togglePause(), when: () => Boolean(can?.pause) },
    {
      keys: 'x',
      does: 'Reset the statistics',
      group: 'Run',
      run: () => {
        controlDialog.value = 'reset';
      },
      when: () => Boolean(can?.reset),
    },
    { keys: 'S', does: 'Stop', group: 'Run', run: () => void control.stop(), when: () => Boolean(can?.stop) },
    {
      keys: 'w',
      does: 'Window by its times',
      group: 'View',
      run: () => {
        windowDialog.value = true;
      },
      when: onRun,
    },
    {
      keys: 'z',
      does: 'Zoom charts to the window',
      group: 'View',
      run: () => replaceQuery({ zoom: route.value.query.has('zoom') ? null : 1 }),
      when: () => span.value !== null,
    },
    { keys: 'Escape', does: 'Leave the window', group: 'View', run: leaveWindow, when: () => span.value !== null },
    { keys: '/', does: 'Search or filter', group: 'View', run: () => document.querySelector<HTMLInputElement>('[data-search]')?.focus() },
    { keys: 'd', does: 'Dark or light', group: 'View', run: toggleTheme },
    {
      keys: '?',
      does: 'This help',
      group: 'View',
      run: () => {
        help.value = true;
      },
    },
  ];
}

function Help() {
  const all = shortcuts();
  return (
    <Dialog
      wide
      title="Keyboard"
      onClose={() => {
        help.value = false;
      }}
    >
      <div class="help">
        {(['Go to', 'Run', 'View'] as const).map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {all
                .filter((s) => s.group === group)
                .map((s) => (
                  <div key={s.keys}>
                    <dt>
                      {s.keys.split(' ').map((k) => (
                        <kbd key={k}>{k === 'Escape' ? 'Esc' : k}</kbd>
                      ))}
                    </dt>
                    <dd>{s.does}</dd>
                  </div>
                ))}
              {all.every((s) => s.group !== group) && <p class="hint">Nothing runs now.</p>}
            </dl>
          </section>
        ))}
      </div>
      <p class="hint">On charts: drag to choose a window, Esc to leave it. In tables: arrows move, Enter opens.</p>
    </Dialog>
  );
}

function Status() {
  const now = state.value;
  if (connection.value === 'lost')
    return (
      <Pill tone="bad" title="The page tries again by itself">
        no connection
      </Pill>
    );
  if (!now || !isLive.value) return null;
  return (
    <a class="status" href={href(['live', 'overview'])}>
      <Pill tone={now.phase === 'running' && !now.paused ? 'accent' : 'warn'} pulse>
        <span class="num">{clock(now.elapsed_s)}</span>
        <span class="num status-rate">{rate(now.rate)}/s</span>
      </Pill>
    </a>
  );
}

function TopBar() {
  const [first] = route.value.parts;
  const now = state.value;
  const link = (key: string, title: string, to: string, on: boolean) => (
    <a key={key} href={to} aria-current={on ? 'page' : undefined}>
      {title}
    </a>
  );
  const started = now?.run !== null && now?.run !== undefined;
  return (
    <header class="top">
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          document.getElementById('main')?.scrollIntoView();
          document.querySelector<HTMLElement>('#main a, #main button, #main input')?.focus();
        }}
      >
        Skip to the content
      </a>
      <a class="brand" href="#/" aria-label="halftime, first page">
        <Logo />
        <span>halftime</span>
      </a>
      <nav class="main-nav" aria-label="Pages">
        {now?.start_form && (now.can.start || first === 'start') && link('start', 'Start', href(['start']), first === 'start')}
        {started && link('live', 'Live', href(['live', 'overview']), first === 'live')}
        {link('runs', 'Runs', href(['runs']), first === 'runs')}
        {link('compare', 'Compare', href(['compare'], { runs: picked.value.join(',') }), first === 'compare')}
      </nav>
      <div class="top-right">
        <Status />
        <Button
          kind="ghost"
          icon={isDark() ? 'sun' : 'moon'}
          label={isDark() ? 'Light' : 'Dark'}
          shortcut="d"
          onClick={toggleTheme}
          key={theme.value}
        />
        <Button
          kind="ghost"
          icon="help"
          label="Keyboard shortcuts"
          shortcut="?"
          onClick={() => {
            help.value = true;
          }}
        />
      </div>
    </header>
  );
}

function Page() {
  const now = state.value;
  const { parts } = route.value;
  const [first, second, third] = parts;
  const home = !first;
  useEffect(() => {
    if (!home || !now) return;
    if (now.run !== null && now.phase !== 'idle') location.replace(href(['live', 'overview']));
    else if (now.start_form) location.replace(href(['start']));
    else if (now.tool === null || now.phase === 'ended') location.replace(href(['runs']));
    // else a run is about to begin
  }, [home, now?.run, now?.phase, now?.tool]);
  if (!now)
    return (
      <main class="page" id="main">
        <Empty title={connection.value === 'lost' ? 'The server does not answer' : 'Reading…'}>
          {connection.value === 'lost' && 'Has the program ended? The page goes on as soon as it is back.'}
        </Empty>
      </main>
    );
  if (home)
    return (
      <main class="page" id="main">
        <Empty title="The run is about to begin" />
      </main>
    );
  if (first === 'start') return <StartPage />;
  if (first === 'runs' && second && /^\d+$/.test(second))
    return <RunPage key={second} id={Number(second)} tab={third ?? 'overview'} base={['runs', second]} />;
  if (first === 'runs') return <RunsPage />;
  if (first === 'compare') return <ComparePage />;
  if (first === 'live' && now.run !== null) return <RunPage key={`live${now.run}`} id={now.run} tab={second ?? 'overview'} base={['live']} />;
  if (first === 'live') {
    return (
      <main class="page" id="main">
        <Empty title="Nothing has run yet">
          {now.start_form ? (
            <>
              Fill in the <a href={href(['start'])}>start form</a> first.
            </>
          ) : (
            <>
              Past runs are in <a href={href(['runs'])}>Runs</a>.
            </>
          )}
        </Empty>
      </main>
    );
  }
  return (
    <main class="page" id="main">
      <Empty title="There is no such page">
        Try <a href={href(['runs'])}>Runs</a>.
      </Empty>
    </main>
  );
}

function titleOf(): string {
  const now = state.value;
  const [first, second] = route.value.parts;
  const place =
    first === 'runs'
      ? second
        ? `run ${second}`
        : 'runs'
      : first === 'compare'
        ? 'compare'
        : first === 'start'
          ? 'start'
          : baseName(now?.script ?? '');
  return `${isLive.value ? '● ' : ''}${place ? `${place} · ` : ''}halftime`;
}

export function App() {
  useTable(makeShortcuts);
  const title = titleOf();
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <TopBar />
      <Page />
      <ControlDialogs />
      {help.value && <Help />}
      <Toasts />
    </>
  );
}
