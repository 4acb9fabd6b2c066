// What the system under test logged about one request, or about all that were kept; searched by field on the server.

import { useState } from 'preact/hooks';
import { get } from '../lib/api';
import { plural, timeOfDay } from '../lib/format';
import { useResource, useSettled } from '../lib/hooks';
import { lineOf, logQuery } from '../lib/trace';
import type { ServerLog } from '../lib/types';
import { Empty, Search, Trouble } from './basics';
import { useRun } from './runcontext';

const LINES_MAX = 500;
const LIVE_MS = 4000;
const FIELDS_SHOWN = 12;

function toneOf(level: string): string {
  if (/^(error|err|fatal|critical|alert|emerg)/.test(level)) return 'error';
  if (/^warn/.test(level)) return 'warning';
  return /^(debug|trace)/.test(level) ? 'debug' : 'info';
}

function Line({ log, onField, withTrace }: { log: ServerLog; onField: (text: string) => void; withTrace: boolean }) {
  const { link } = useRun();
  const { text, fields } = lineOf(log.line);
  return (
    <div class={`log-line ${toneOf(log.level)}`}>
      <time class="num">{timeOfDay(log.at_ms)}</time>
      <span class="log-level">{log.level || '–'}</span>
      <span class="log-text">
        {text}{' '}
        {fields.slice(0, FIELDS_SHOWN).map(([name, value]) => (
          <button type="button" class="log-field" key={name} title={`Only lines with ${name}=${value}`} onClick={() => onField(`${name}=${value}`)}>
            <span>{name}</span>={value}
          </button>
        ))}
        {withTrace && log.trace && (
          <a class="log-trace" href={link('traces', { trace: log.trace, span: log.span || null })}>
            its trace
          </a>
        )}
      </span>
    </div>
  );
}

/** `quietly`: nothing at all where nothing was logged. */
export function ServerLogs({ trace, span, quietly }: { trace?: string; span?: string | null; quietly?: boolean }) {
  const { id, live } = useRun();
  const [filter, setFilter] = useState('');
  const settled = useSettled(filter);
  const params = { ...logQuery(settled), limit: LINES_MAX, ...(trace ? { trace, span } : {}) };
  const key = `${id}/server-logs/${JSON.stringify(params)}`;
  const read = useResource<{ logs: ServerLog[] }>(
    key,
    (signal) => get<{ logs: ServerLog[] }>(`runs/${id}/server-logs`, params, signal),
    live ? LIVE_MS : null,
  );
  const logs = read.data?.logs ?? [];
  if (quietly && logs.length === 0 && !filter) return null;
  const add = (text: string) => setFilter((old) => (old.includes(text) || /\s/.test(text) ? old : `${old} ${text}`.trim()));
  return (
    <section class="server-logs" aria-label="Server log">
      <div class="toolbar">
        <h3>Server log</h3>
        <Search value={filter} onInput={setFilter} label="level=error path~checkout text" hint="FIELD=VALUE, FIELD~PART, or a text anywhere" />
        <span class="hint num" role="status">
          {read.data ? (logs.length >= LINES_MAX ? `the first ${plural(LINES_MAX, 'line')}` : plural(logs.length, 'line')) : 'Reading…'}
        </span>
      </div>
      {read.error && <Trouble error={read.error} retry={read.reload} />}
      <div class="card logs" tabIndex={0} role="log" aria-label="Lines of the server" aria-live="off">
        {logs.map((l, i) => (
          <Line key={`${l.at_ms}/${i}`} log={l} onField={add} withTrace={!trace} />
        ))}
        {logs.length === 0 && (
          <Empty title={!read.data ? 'Reading…' : filter ? 'No line matches' : 'No lines'}>
            {read.data &&
              !filter &&
              (trace ? (
                'No line of the server names this request.'
              ) : (
                <>
                  Lines of the server that name a request of this run come here: start it with <code>--server-logs FILE</code>, or send logs by OpenTelemetry.
                </>
              ))}
          </Empty>
        )}
      </div>
    </section>
  );
}
