// What the server tells as it happens: one stream of events for the whole page, kept in signals.

import { computed, signal } from '@preact/signals';
import { get } from './api';
import { toast } from './toast';
import type { LiveWorker, LogLine, Mark, Second, State } from './types';

export const LOG_LINES_MAX = 5000;
const WORKER_POINTS_MAX = 120;

export const state = signal<State | null>(null);
export const connection = signal<'connecting' | 'open' | 'lost'>('connecting');
export const latest = signal<Second | null>(null);
export const logs = signal<LogLine[]>([]);
export const unreadWarnings = signal(0);
/** Counts up when a list of runs must be read again. */
export const runsChanged = signal(0);
/** When the statistics of the run were last set back, and of which run. */
export const resetAt = signal<{ run: number; t: number } | null>(recall());
/** CPU of each worker over the latest two minutes. */
export const workerCpu = signal<Map<number, number[]>>(new Map());

export const isLive = computed(() => {
  const phase = state.value?.phase;
  return phase === 'running' || phase === 'stopping' || phase === 'init';
});

type Listener<T> = (value: T) => void;
const secondListeners = new Set<Listener<Second>>();
const markListeners = new Set<Listener<Mark & { run: number }>>();

export function onSecond(listener: Listener<Second>): () => void {
  secondListeners.add(listener);
  return () => secondListeners.delete(listener);
}

export function onMark(listener: Listener<Mark & { run: number }>): () => void {
  markListeners.add(listener);
  return () => markListeners.delete(listener);
}

function recall(): { run: number; t: number } | null {
  try {
    return JSON.parse(sessionStorage.getItem('reset') ?? 'null') as { run: number; t: number } | null;
  } catch {
    return null;
  }
}

function takeState(next: State): void {
  if (state.value && next.run !== state.value.run) {
    latest.value = null;
    logs.value = [];
    unreadWarnings.value = 0;
    workerCpu.value = new Map();
  }
  if (next.message && next.message !== state.value?.message && state.value) toast(next.message, 'error');
  state.value = next;
}

let told = 0;

/** How many states the stream has told: what is asked for before the next one may be older than it. */
export function statesTold(): number {
  return told;
}

/** The state as a command answered it, unless the stream has told a newer one since: the page need not wait for it. */
export function adopt(next: State, toldBefore: number): void {
  if (told === toldBefore) takeState(next);
}

function keepWorkers(workers: LiveWorker[]): void {
  const all = new Map<number, number[]>();
  for (const worker of workers) {
    const past = workerCpu.value.get(worker.id) ?? [];
    all.set(worker.id, [...past.slice(-WORKER_POINTS_MAX + 1), worker.cpu ?? 0]);
  }
  workerCpu.value = all;
}

function takeSecond(second: Second): void {
  latest.value = second;
  const now = state.value;
  if (now && now.run === second.run) {
    state.value = {
      ...now,
      users: { active: second.users ?? now.users.active, target: second.target ?? now.users.target },
      rate: second.rps,
      fail_rate: second.fails_s,
      elapsed_s: second.t + 1,
    };
  }
  if (second.workers) keepWorkers(second.workers);
  for (const listener of secondListeners) listener(second);
}

function takeLog(line: LogLine): void {
  const kept = logs.value.length >= LOG_LINES_MAX ? logs.value.slice(-LOG_LINES_MAX + 500) : logs.value;
  logs.value = [...kept, line];
  if (line.level === 'warning' || line.level === 'error') unreadWarnings.value++;
}

export function connect(): void {
  const source = new EventSource('api/v1/live');
  const hear = <T>(name: string, take: (data: T) => void) =>
    source.addEventListener(name, (e) => take(JSON.parse((e as MessageEvent<string>).data) as T));
  source.onopen = () => {
    connection.value = 'open';
  };
  source.onerror = () => {
    connection.value = 'lost';
    // The browser gives up on a refused connection (a server that restarts): try anew ourselves.
    if (source.readyState === EventSource.CLOSED) {
      source.close();
      setTimeout(connect, 2000);
    }
  };
  hear<State>('state', (next) => {
    told++;
    takeState(next);
  });
  hear<Second>('second', takeSecond);
  hear<LogLine>('log', takeLog);
  hear<Mark & { run: number }>('mark', (mark) => markListeners.forEach((listener) => listener(mark)));
  hear<{ run: number; t: number }>('reset', (reset) => {
    resetAt.value = reset;
    sessionStorage.setItem('reset', JSON.stringify(reset));
  });
  hear<unknown>('run', () => runsChanged.value++);
}

export async function begin(): Promise<void> {
  try {
    takeState(await get<State>('state'));
  } catch {
    connection.value = 'lost';
  }
  connect();
}
