import { split } from '../lib/findings';
import { Empty, Trouble } from '../parts/basics';
import { FindingCard } from '../parts/findingcard';
import { useRun } from '../parts/runcontext';

function Quiet({ live, observed }: { live: boolean; observed: boolean }) {
  return (
    <Empty title={live ? 'Nothing has broken so far' : 'Nothing broke'}>
      {live
        ? 'The run is looked at again every few seconds. '
        : 'Response times, failures, queues and resources were looked at, and none of them says that something was at its limit. '}
      {observed ? '' : 'Without probes only what users meet can be judged: with --observe the page can also say which pool, which lock, whose processor.'}
    </Empty>
  );
}

export function FindingsPage() {
  const { live, findings, observed } = useRun();
  const { broke, notes } = split(findings.data?.findings ?? []);
  if (findings.error && !findings.data)
    return (
      <div class="page">
        <Trouble error={findings.error} retry={findings.reload} />
      </div>
    );
  if (!findings.data)
    return (
      <div class="page">
        <Empty title="Reading…" />
      </div>
    );
  return (
    <div class="page findings">
      {broke.length === 0 && <Quiet live={live} observed={(observed.data?.series.length ?? 0) > 0} />}
      {broke.length > 0 && (
        <section class="finding-list" aria-label="What broke first">
          <h2>
            What broke first {live && <small>as it looks by now; looked at again every few seconds</small>}
          </h2>
          {broke.map((f, i) => (
            <FindingCard key={f.kind} finding={f} rank={broke.length > 1 ? i + 1 : null} charts />
          ))}
        </section>
      )}
      {notes.length > 0 && (
        <section class="finding-list" aria-label="Worth knowing">
          <h2>
            Worth knowing <small>nothing is broken here</small>
          </h2>
          {notes.map((f) => (
            <FindingCard key={f.kind} finding={f} rank={null} charts />
          ))}
        </section>
      )}
      {findings.data.percentiles && (
        <section class="card pad finding-words" aria-label="Which percentile matters">
          <h3>Which percentile matters here</h3>
          <p class="words">{findings.data.percentiles}</p>
        </section>
      )}
    </div>
  );
}
