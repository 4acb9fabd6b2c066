// The series of a run, complete up to now: read once from the ledger (downsampled there), then grown by what the stream tells.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { get } from './api';
import { useResource } from './hooks';
import { onMark, onSecond } from './live';
import type { Mark, Num, Second, Series, Span } from './types';

export const POINTS = 720;
const GAP_RELOAD_MS = 1500;

type Column = 'users' | 'rps' | 'fails_s' | 'p50' | 'p95' | 'p99' | 'max';
const COLUMNS: Column[] = ['users', 'rps', 'fails_s', 'p50', 'p95', 'p99', 'max'];

/** Adds a second at the end; the same series when it is known already. Seconds that were missed are left empty. */
export function append(series: Series, second: Second): Series {
  const last = series.t.at(-1) ?? -1;
  if (second.t <= last) return series;
  const next: Series = { ...series, t: series.t.slice() };
  for (const column of COLUMNS) next[column] = (series[column] ?? []).slice();
  for (let t = Math.max(last + 1, second.t - 600); last >= 0 && t < second.t; t++) {
    next.t.push(t);
    for (const column of COLUMNS) next[column].push(null);
  }
  next.t.push(second.t);
  for (const column of COLUMNS) next[column].push(second[column] ?? null);
  return next;
}

/** What was read from the ledger, with the seconds that only the stream has told so far. */
export function merge(read: Series, grown: Series | undefined): Series {
  if (!grown || read.width_s > 1 || grown.width_s > 1) return read;
  const last = read.t.at(-1) ?? -1;
  const from = grown.t.findIndex((t) => t > last);
  if (from < 0) return read;
  const out: Series = { ...read, t: [...read.t, ...grown.t.slice(from)] };
  for (const column of COLUMNS) out[column] = [...(read[column] ?? []), ...(grown[column] ?? []).slice(from)];
  return out;
}

export function shareFailed(series: Series): Num[] {
  return series.rps.map((rps, i) => (rps ? Math.min(100, (100 * (series.fails_s[i] ?? 0)) / rps) : null));
}

export interface RunSeries {
  series: Series | undefined;
  marks: Mark[];
  error: Error | null;
}

function useMarks(run: number, known: Mark[] | undefined): Mark[] {
  const [fresh, setFresh] = useState<Mark[]>([]);
  useEffect(() => onMark((mark) => mark.run === run && setFresh((all) => [...all, mark])), [run]);
  return useMemo(() => {
    const all = [...(known ?? [])];
    for (const mark of fresh) if (!all.some((m) => m.t === mark.t && m.text === mark.text)) all.push(mark);
    return all;
  }, [known, fresh]);
}

/** `zoom`: only these seconds, in as fine points as there are; the stream then does not move it. */
export function useSeries(run: number, live: boolean, zoom: Span | null): RunSeries {
  const [width, setWidth] = useState(1);
  const everyMs = live && !zoom && width > 1 ? Math.max(5, width) * 1000 : null;
  const key = `${run}/${zoom ? `${zoom.from}-${zoom.to}` : 'all'}/${live}`;
  const read = useResource(
    key,
    async (signal) => {
      const read = await get<Series>(`runs/${run}/series`, { points: POINTS, from: zoom?.from, to: zoom?.to }, signal);
      return { ...read, width_s: Math.max(1, read.width_s) }; // a run of this moment has no points yet, and so no width
    },
    everyMs,
  );
  const [grown, setGrown] = useState<Series | undefined>(undefined);
  const reload = useRef(read.reload);
  reload.current = read.reload;

  useEffect(() => {
    setGrown((old) => (read.data && live && !zoom ? merge(read.data, old) : read.data));
    if (read.data) setWidth(read.data.width_s);
  }, [read.data]);

  useEffect(() => {
    if (!live || zoom || width > 1) return undefined;
    let timer = 0;
    const off = onSecond((second) => {
      if (second.run !== run) return;
      setGrown((series) => {
        const last = series?.t.at(-1);
        // The stream began after what the ledger had when asked: it has the seconds between by now.
        if (last !== undefined && second.t > last + 1 && !timer) timer = window.setTimeout(() => reload.current(), GAP_RELOAD_MS);
        return series ? append(series, second) : series;
      });
    });
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [run, live, zoom === null, width]);

  // The stream may tell of a run before its first second is in the ledger.
  useEffect(() => {
    if (!live || !read.error) return undefined;
    const timer = setTimeout(() => reload.current(), GAP_RELOAD_MS);
    return () => clearTimeout(timer);
  }, [live, read.error]);

  const tooLong = (grown?.t.length ?? 0) > POINTS * 2;
  useEffect(() => {
    if (tooLong) reload.current();
  }, [tooLong]);

  return { series: grown, marks: useMarks(run, read.data?.marks), error: read.error };
}
