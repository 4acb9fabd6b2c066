import { useState } from 'preact/hooks';
import { exchangeOf, statusOf, type Message } from '../lib/exemplar';
import { clock, count, plural, pretty } from '../lib/format';
import { replaceQuery, route, setSpan } from '../lib/router';
import { traceOf } from '../lib/trace';
import type { Exemplar, Failure, Span } from '../lib/types';
import { Button, CopyButton, Empty, Search, Segments, Trouble } from '../parts/basics';
import { DataTable, type Column } from '../parts/datatable';
import { Endpoint } from '../parts/endpoint';
import { usePart, useRun } from '../parts/runcontext';
import { ServerLogs } from '../parts/serverlogs';

const keyOf = (f: Failure) => `${f.method} ${f.name} ${f.error}`;

const COLUMNS: Column<Failure>[] = [
  { key: 'count', head: 'Count', width: 80, number: true, tone: () => 'bad-text', cell: (f) => count(f.count) },
  { key: 'name', head: 'Endpoint', width: 200, cell: (f) => <Endpoint method={f.method} name={f.name} /> },
  { key: 'error', head: 'Error', width: 240, grow: true, cell: (f) => <span title={f.error}>{f.error}</span> },
  { key: 'first_s', head: 'First', width: 66, number: true, cell: (f) => clock(f.first_s) },
  { key: 'last_s', head: 'Last', width: 66, number: true, cell: (f) => clock(f.last_s) },
];

function sorted(list: Failure[], sort: string, filter: string): Failure[] {
  const key = sort.replace(/^-/, '') as 'count' | 'name' | 'error' | 'first_s' | 'last_s';
  const sign = sort.startsWith('-') ? -1 : 1;
  const wanted = filter.toLowerCase();
  const fits = list.filter((f) => keyOf(f).toLowerCase().includes(wanted));
  return fits.sort((a, b) => {
    const x = a[key] ?? -1;
    const y = b[key] ?? -1;
    return sign * (typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y));
  });
}

function MessageBlock({ title, message, missing }: { title: string; message: Message | null; missing: string }) {
  return (
    <section class="message">
      <h4>{title}</h4>
      {!message ? (
        <p class="hint">{missing}</p>
      ) : (
        <>
          <p class="url">
            <code>{message.line}</code>
          </p>
          {message.headers.length > 0 && (
            <dl class="headers">
              {message.headers.map(([name, value], i) => (
                <div key={i}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          )}
          {message.body ? <pre tabIndex={0}>{pretty(message.body)}</pre> : <p class="hint">No body</p>}
        </>
      )}
    </section>
  );
}

function ExemplarView({ exemplar }: { exemplar: Exemplar }) {
  const { link } = useRun();
  const exchange = exchangeOf(exemplar.text);
  const traced = traceOf(exemplar.correlation_id);
  return (
    <div class="exemplar">
      {exemplar.correlation_id && (
        <div class="correlation">
          <span>Correlation id</span>
          <code>{exemplar.correlation_id}</code>
          <CopyButton text={exemplar.correlation_id} what="correlation id" />
          {traced && <a href={link('traces', { trace: traced.trace, span: traced.span })}>Its trace →</a>}
        </div>
      )}
      {exchange ? (
        <>
          <MessageBlock title="Request" message={exchange.request} missing="The request was not kept." />
          <MessageBlock title={`Response: ${statusOf(exchange)}`} message={exchange.response} missing="There was no response." />
        </>
      ) : (
        <pre tabIndex={0}>{exemplar.text}</pre>
      )}
      <div class="correlation">
        <CopyButton text={exemplar.text} what="exchange" />
        <span>Copy all of it</span>
      </div>
      {traced && <ServerLogs trace={traced.trace} span={traced.span} quietly />}
    </div>
  );
}

/** The seconds from a failure's first to its last time, with a little before and after. */
export function spanOf(failure: Failure): Span | null {
  if (failure.first_s === null) return null;
  const last = failure.last_s ?? failure.first_s;
  return { from: Math.max(0, Math.floor(failure.first_s) - 2), to: Math.floor(last) + 3 };
}

function Times({ failure }: { failure: Failure }) {
  const span = spanOf(failure);
  const seen = failure.first_s === null ? '' : `, first at ${clock(failure.first_s)}, last at ${clock(failure.last_s)}`;
  return (
    <p class="hint num times">
      {plural(failure.count, 'time')}
      {failure.exact === false ? ' in the whole run' : ''}
      {seen}
      {span && (
        <Button small icon="clock" onClick={() => setSpan(span)}>
          Look at that window
        </Button>
      )}
    </p>
  );
}

function Detail({ failure }: { failure: Failure }) {
  const [chosen, setChosen] = useState(0);
  const index = Math.min(chosen, failure.exemplars.length - 1);
  const exemplar = failure.exemplars[index];
  return (
    <aside class="card detail" aria-label="Failure">
      <header class="detail-head">
        <Endpoint method={failure.method} name={failure.name} />
        <Button kind="ghost" icon="close" label="Close" onClick={() => replaceQuery({ failure: null })} />
      </header>
      <p class="error-box">{failure.error}</p>
      <Times failure={failure} />
      {failure.exemplars.length > 1 && (
        <Segments
          label="Exemplar"
          value={String(index)}
          onChange={(v) => setChosen(Number(v))}
          all={failure.exemplars.map((_, i) => [String(i), `Example ${i + 1}`] as const)}
        />
      )}
      {exemplar ? (
        <ExemplarView key={index} exemplar={exemplar} />
      ) : (
        <Empty title="No example was kept">
          Of this failure only its text and its count are known: the ledger keeps what was sent and answered of the first ones it meets.
        </Empty>
      )}
    </aside>
  );
}

export function FailuresPage() {
  const { live } = useRun();
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState('-count');
  const failures = usePart<{ failures: Failure[] }>('failures');
  const all = failures.data?.failures ?? [];
  const rows = sorted(all, sort, filter);
  const opened = route.value.query.get('failure');
  const failure = all.find((f) => keyOf(f) === opened);
  return (
    <div class={`page fill split${failure ? ' open' : ''}`}>
      <div class="toolbar">
        <Search value={filter} onInput={setFilter} label="Filter failures" hint="A piece of endpoint or error (/)" />
        <span class="hint num" role="status">
          {failures.data ? plural(all.length, 'kind of failure', 'kinds of failure') : 'Reading…'}
        </span>
      </div>
      {failures.error && !failures.data ? (
        <Trouble error={failures.error} retry={failures.reload} />
      ) : (
        <DataTable
          label="Failures"
          columns={COLUMNS}
          rows={rows}
          rowKey={keyOf}
          sort={sort}
          onSort={setSort}
          selected={opened}
          onRow={(f) => replaceQuery({ failure: keyOf(f) })}
          busy={failures.busy && !live}
          empty={
            <Empty title={!failures.data ? 'Reading…' : filter ? 'No failure matches' : 'No failures'}>
              {failures.data &&
                !filter &&
                'Every request of this window was answered as the script expects. Failures come here with an example of what was sent and what came back.'}
            </Empty>
          }
        />
      )}
      {failure && <Detail key={opened} failure={failure} />}
    </div>
  );
}
