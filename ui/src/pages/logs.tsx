import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { plural, timeOfDay } from '../lib/format';
import { logs as streamed, unreadWarnings } from '../lib/live';
import type { LogLine } from '../lib/types';
import { Button, Empty, Search, Segments, Trouble } from '../parts/basics';
import { usePart, useRun } from '../parts/runcontext';

const ORDER = ['debug', 'info', 'warning', 'error'];
const SHOWN_MAX = 1000;
type Level = 'debug' | 'info' | 'warning' | 'error';

/** What the ledger had when the page was opened, then what the stream told; lines that both know once. */
export function mergeLogs(kept: LogLine[], fresh: LogLine[]): LogLine[] {
  const known = new Set(kept.map((l) => `${l.at_ms} ${l.text}`));
  return [...kept, ...fresh.filter((l) => !known.has(`${l.at_ms} ${l.text}`))];
}

export function LogsPage() {
  const { live } = useRun();
  const [level, setLevel] = useState<Level>('debug');
  const [filter, setFilter] = useState('');
  const [follow, setFollow] = useState(live);
  const box = useRef<HTMLDivElement>(null);
  const read = usePart<{ logs: LogLine[] }>('logs', { limit: 5000 }, 3600000);
  const fresh = live ? streamed.value : [];
  const all = useMemo(() => mergeLogs(read.data?.logs ?? [], fresh), [read.data, fresh]);
  const wanted = filter.toLowerCase();
  const fits = all.filter((l) => ORDER.indexOf(l.level) >= ORDER.indexOf(level) && l.text.toLowerCase().includes(wanted));
  const shown = fits.slice(-SHOWN_MAX);
  useEffect(() => {
    unreadWarnings.value = 0;
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown.length, follow, all.length]);
  return (
    <div class="page fill">
      <div class="toolbar">
        <Search value={filter} onInput={setFilter} label="Search the log" hint="(/)" />
        <Segments
          value={level}
          label="Least level"
          onChange={setLevel}
          all={
            [
              ['debug', 'All'],
              ['info', 'Info'],
              ['warning', 'Warnings'],
              ['error', 'Errors'],
            ] as const
          }
        />
        <span class="hint num" role="status">
          {fits.length > SHOWN_MAX ? `latest ${plural(SHOWN_MAX, 'line')} of ${fits.length}` : plural(fits.length, 'line')}
        </span>
        {live && (
          <span class="push">
            <Button small pressed={follow} onClick={() => setFollow(!follow)}>
              Follow
            </Button>
          </span>
        )}
      </div>
      {read.error && !read.data && <Trouble error={read.error} retry={read.reload} />}
      <div class="card logs" ref={box} tabIndex={0} role="log" aria-label="Log" aria-live="off" onWheel={() => follow && setFollow(false)}>
        {shown.map((l, i) => (
          <div class={`log-line ${l.level}`} key={`${l.at_ms}/${i}`}>
            <time class="num">{timeOfDay(l.at_ms)}</time>
            <span class="log-level">{l.level}</span>
            <span class="log-text">{l.text}</span>
          </div>
        ))}
        {shown.length === 0 && (
          <Empty title={read.data ? (all.length ? 'No line matches' : 'The log is empty') : 'Reading…'}>
            {read.data && !all.length && 'What the program and the script have to say comes here: console.log, logging.info, warnings, errors.'}
          </Empty>
        )}
      </div>
    </div>
  );
}
