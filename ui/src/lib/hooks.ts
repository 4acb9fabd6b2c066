import type { RefObject } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Resource<T> {
  data: T | undefined;
  error: Error | null;
  /** Something is under way; what `data` holds may be of the parameters before. */
  busy: boolean;
  reload: () => void;
}

interface Held<T> {
  data: T | undefined;
  error: Error | null;
  busy: boolean;
}

/**
 * Loads whenever `key` changes (null: nothing to load) and again every `everyMs` while the page is visible. What was loaded stays shown
 * until the next answer, so that nothing jumps. A slow answer stretches the interval: the server is asked at most an eighth of the time.
 */
export function useResource<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>, everyMs: number | null = null): Resource<T> {
  const [held, setHeld] = useState<Held<T>>({ data: undefined, error: null, busy: key !== null });
  const loader = useRef(load);
  loader.current = load;
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (key === null) {
      setHeld({ data: undefined, error: null, busy: false });
      return undefined;
    }
    const abort = new AbortController();
    let timer = 0;
    const once = async () => {
      const began = performance.now();
      try {
        const data = await loader.current(abort.signal);
        if (!abort.signal.aborted) setHeld({ data, error: null, busy: false });
      } catch (e) {
        if (!abort.signal.aborted) setHeld((h) => ({ data: h.data, error: e instanceof Error ? e : new Error(String(e)), busy: false }));
      }
      if (everyMs !== null && !abort.signal.aborted) timer = window.setTimeout(again, Math.max(everyMs, 8 * (performance.now() - began)));
    };
    const again = () => {
      if (document.hidden) timer = window.setTimeout(again, 1000);
      else void once();
    };
    setHeld((h) => ({ ...h, busy: true }));
    void once();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, turn]);

  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { ...held, reload };
}

/** Text that settles: the latest value once it has not changed for a while. */
export function useSettled<T>(value: T, ms = 200): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** Width and height of an element as it is laid out. */
export function useSize<E extends HTMLElement>(): [RefObject<E | null>, { width: number; height: number }] {
  const ref = useRef<E>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (!ref.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) });
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}

/** Whether an element is in sight, or nearly. */
export function useSeen<E extends HTMLElement>(margin = 300): [RefObject<E | null>, boolean] {
  const ref = useRef<E>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!ref.current) return undefined;
    // The page scrolls inside the window: only scrollMargin (where the browser knows it) looks beyond that edge.
    const around = { rootMargin: `${margin}px`, scrollMargin: `${margin}px` };
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? false), around);
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, seen];
}
