import { url } from '../lib/api';
import { Icon } from '../parts/icons';
import { useRun } from '../parts/runcontext';

const FILES: [string, string, string][] = [
  ['report.html', 'Report', 'One file with tables and charts, readable offline and on paper.'],
  ['requests.csv', 'Requests (CSV)', 'One line per endpoint, in Locust’s columns.'],
  ['failures.csv', 'Failures (CSV)', 'One line per kind of failure, with its count.'],
  ['exceptions.csv', 'Exceptions (CSV)', 'What the script threw, with tracebacks.'],
  ['history.csv', 'History (CSV)', 'One line per second and endpoint.'],
  ['summary.json', 'Summary (JSON)', 'All figures of the end, for programs.'],
];

export function ExportsPage() {
  const { id, live } = useRun();
  return (
    <div class="page narrow">
      {live && <p class="hint">The run is still under way: files hold what was measured up to now.</p>}
      <ul class="files">
        {FILES.map(([file, title, words]) => (
          <li key={file}>
            <a class="card file" href={url(`runs/${id}/download/${file}`)} download>
              <Icon name="download" />
              <span>
                <b>{title}</b>
                <small>{words}</small>
              </span>
              <code>{file}</code>
            </a>
          </li>
        ))}
      </ul>
      <p class="hint">
        In a terminal: <code>halftime runs export {id}</code>. Everything on this page comes from an interface that programs may use: docs/API.md.
      </p>
    </div>
  );
}
