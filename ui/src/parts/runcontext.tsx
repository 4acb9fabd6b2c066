// What every page about one run needs to know: which run, whether it is under way, and the window that is looked at.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { get } from '../lib/api';
import { useResource, type Resource } from '../lib/hooks';
import { resetAt } from '../lib/live';
import { href, route, span } from '../lib/router';
import type { Findings, Probes, RunDetail, Span } from '../lib/types';

export interface RunView {
  id: number;
  live: boolean;
  detail: RunDetail | undefined;
  reload: () => void;
  /** The address of one of its tabs, with the window kept. */
  link: (tab: string, more?: Record<string, string | number | null>) => string;
  /** What broke first: of the whole run, whatever the window. */
  findings: Resource<Findings>;
  /** Which series were observed, nearly without their values. */
  observed: Resource<Probes>;
}

export const RunContext = createContext<RunView>(null as unknown as RunView);
export const useRun = () => useContext(RunContext);

const FINDINGS_MS = 4000;
const OBSERVED_MS = 8000;

/** What several pages of a run need, read once for all of them. */
export function useShared(id: number, live: boolean): Pick<RunView, 'findings' | 'observed'> {
  const findings = useResource<Findings>(`${id}/findings/${live}`, (signal) => get<Findings>(`runs/${id}/findings`, {}, signal), live ? FINDINGS_MS : null);
  const observed = useResource<Probes>(
    `${id}/observed/${live}`,
    (signal) => get<Probes>(`runs/${id}/probes`, { points: 2 }, signal),
    live ? OBSERVED_MS : null,
  );
  return { findings, observed };
}

/** The seconds that the tables are about: the chosen window, else all since the statistics were last set back. */
export function useWindow(): { span: Span | null; from: number | null; to: number | null; sinceReset: boolean } {
  const { id, live } = useRun();
  const chosen = span.value;
  if (chosen) return { span: chosen, from: chosen.from, to: chosen.to, sinceReset: false };
  const reset = resetAt.value;
  if (live && reset?.run === id) return { span: null, from: reset.t, to: null, sinceReset: true };
  return { span: null, from: null, to: null, sinceReset: false };
}

/** A part of the run, for the window; read again every so often while the run goes on and no closed window is looked at. */
export function usePart<T>(what: string, params: Record<string, string | number | null | undefined> = {}, everyMs = 2000): Resource<T> {
  const { id, live } = useRun();
  const { span: chosen, from, to } = useWindow();
  const all = { from, to, ...params };
  const key = `${id}/${what}?${JSON.stringify(all)}/${live}`;
  return useResource<T>(key, (signal) => get<T>(`runs/${id}/${what}`, all, signal), live && !chosen ? everyMs : null);
}

export function linkTo(base: (string | number)[]) {
  return (tab: string, more: Record<string, string | number | null> = {}) => {
    const kept = { from: route.value.query.get('from'), to: route.value.query.get('to'), ...more };
    return href([...base, tab], kept);
  };
}
