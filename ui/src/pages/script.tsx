import { getText } from '../lib/api';
import { useResource } from '../lib/hooks';
import { CopyButton, Empty } from '../parts/basics';
import { useRun } from '../parts/runcontext';

export function ScriptPage() {
  const { id, detail } = useRun();
  const script = useResource(`${id}/script`, (signal) => getText(`runs/${id}/script`, signal));
  return (
    <div class="page">
      {detail && (
        <section class="card pad">
          <dl class="facts">
            <div>
              <dt>Command</dt>
              <dd>
                <code>{detail.command || '–'}</code>
              </dd>
            </div>
            <div>
              <dt>Machine</dt>
              <dd>{detail.machine || '–'}</dd>
            </div>
            <div>
              <dt>Git commit</dt>
              <dd>
                <code>{detail.git_commit || '–'}</code>
                {detail.git_commit?.endsWith('+') && ' with changes not committed'}
              </dd>
            </div>
            <div>
              <dt>Script’s SHA-256</dt>
              <dd>
                <code>{detail.script_sha256 || '–'}</code>
              </dd>
            </div>
          </dl>
          {detail.options !== null && detail.options !== undefined && (
            <details class="options">
              <summary>Options</summary>
              <pre tabIndex={0}>{JSON.stringify(detail.options, null, 2)}</pre>
            </details>
          )}
        </section>
      )}
      {script.data ? (
        <section class="card">
          <header class="card-head">
            <h3>{script.data.name ?? detail?.script ?? 'Script'}</h3>
            <CopyButton text={script.data.text} what="script" />
          </header>
          <pre class="code" tabIndex={0}>
            {script.data.text.split('\n').map((line, i) => (
              <div key={i}>{line || ' '}</div>
            ))}
          </pre>
        </section>
      ) : (
        <Empty title={script.error ? 'The script was not kept' : 'Reading…'}>{script.error?.message}</Empty>
      )}
    </div>
  );
}
