import { count, plural } from '../lib/format';
import type { ExceptionRow } from '../lib/types';
import { CopyButton, Empty, Trouble } from '../parts/basics';
import { usePart } from '../parts/runcontext';

export function ExceptionsPage() {
  const read = usePart<{ exceptions: ExceptionRow[] }>('exceptions', {}, 5000);
  const list = read.data?.exceptions ?? [];
  if (read.error && !read.data)
    return (
      <div class="page">
        <Trouble error={read.error} retry={read.reload} />
      </div>
    );
  return (
    <div class="page">
      {list.length === 0 && (
        <Empty title={read.data ? 'No exceptions' : 'Reading…'}>
          {read.data && 'What the script throws, and does not catch, comes here with its traceback.'}
        </Empty>
      )}
      {list.map((e, i) => (
        <details class="card exception" key={e.message + i} open={i === 0}>
          <summary>
            <b class="num bad-text">{count(e.count)}</b>
            <span class="error-text">{e.message}</span>
            <span class="hint">{e.nodes.length > 0 && `${plural(e.nodes.length, 'process', 'processes')}: ${e.nodes.join(', ')}`}</span>
          </summary>
          <div class="with-copy">
            <pre tabIndex={0}>{e.traceback || 'No traceback was kept.'}</pre>
            <CopyButton text={`${e.message}\n${e.traceback}`} what="traceback" />
          </div>
        </details>
      ))}
    </div>
  );
}
