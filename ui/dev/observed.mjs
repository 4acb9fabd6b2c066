// What a make-believe system under test showed of itself: probes whose values follow from the load of the model, and the findings that
// an honest reader would draw from them. Runs before the tenth observed nothing; every fifth was healthy.

import { chance, round } from './model.mjs';

const POSTGRES = 'postgres monitor@127.0.0.1:5432/shop';
const METRICS = 'http://127.0.0.1:6401/metrics';
const POOL = 20;
const WORKERS = 64;

export function observes(run) {
  return run.info.id >= 10;
}

export function healthy(run) {
  return run.info.id % 5 === 0;
}

/** [source, name, unit, value of (pressure, second, noise)]; pressure 1: the pool is just full. */
const SERIES = [
  [METRICS, 'app.workers', 'count', () => WORKERS],
  [METRICS, 'app.workers.busy', 'count', (x) => Math.min(WORKERS, 6 + 26 * x + Math.max(0, x - 1) * 60)],
  [METRICS, 'app.queue', 'count', (x) => Math.max(0, (x - 1.45) * 80)],
  [METRICS, 'app.pool.limit', 'count', () => POOL],
  [METRICS, 'app.pool.busy', 'count', (x) => Math.min(POOL, POOL * x)],
  [METRICS, 'app.pool.waiting', 'count', (x, _, n) => Math.max(0, (x - 1) * 70 * (0.8 + 0.4 * n))],
  [METRICS, 'app.requests_per_second', 'per_second', (x, s) => s.rps],
  [METRICS, 'app.rejected_per_second', 'per_second', (x, s) => s.fails_s],
  [METRICS, 'app.db.calls_per_second', 'per_second', (x, s) => s.rps * 2.1],
  [METRICS, 'app.cache.hit_share', 'share', (x, _, n) => 0.82 + 0.06 * n],
  [METRICS, 'app.memory.rss', 'bytes', (x, s) => 182e6 + s.t * 21000],
  [POSTGRES, 'postgres.connections_limit', 'count', () => 100],
  [POSTGRES, 'postgres.connections', 'count', (x) => 4 + Math.min(POOL, POOL * x)],
  [POSTGRES, 'postgres.connections.active', 'count', (x, _, n) => Math.min(POOL, POOL * x) * (0.7 + 0.2 * n)],
  [POSTGRES, 'postgres.connections.idle_in_transaction', 'count', (x, _, n) => Math.min(POOL, POOL * x) * 0.1 * n],
  [POSTGRES, 'postgres.waits.lock', 'count', (x, _, n) => (n > 0.9 ? 1 : 0)],
  [POSTGRES, 'postgres.waits.io', 'count', (x, _, n) => n * 2 * x],
  [POSTGRES, 'postgres.cache.hit_share', 'share', (x, _, n) => 0.985 + 0.01 * n],
  [POSTGRES, 'postgres.transactions_per_second', 'per_second', (x, s) => s.rps * 1.05],
  [POSTGRES, 'postgres.statement.slowest_mean', 'seconds', (x, _, n) => 0.018 + 0.006 * x * n],
  [POSTGRES, 'postgres.size', 'bytes', (x, s) => 812e6 + s.t * 4000],
  ['proc gunicorn', 'proc.cpu.used', 'count', (x, _, n) => Math.min(3.4, 0.3 + 1.1 * x + 0.2 * n)],
  ['proc gunicorn', 'proc.cpu.busiest', 'share', (x, _, n) => Math.min(0.62, 0.08 + 0.3 * x + 0.05 * n)],
  ['proc gunicorn', 'proc.memory.rss', 'bytes', (x, s) => 412e6 + s.t * 31000],
  ['proc gunicorn', 'proc.count', 'count', () => 9],
  ['proc gunicorn', 'proc.threads', 'count', () => 73],
  ['proc gunicorn', 'proc.descriptors', 'count', (x) => 60 + 80 * x],
  ['proc gunicorn', 'proc.descriptors_limit', 'count', () => 4096],
  ['host', 'host.cpu.used', 'share', (x, _, n) => Math.min(0.7, 0.12 + 0.26 * x + 0.05 * n)],
  ['host', 'host.cpu.iowait', 'share', (x, _, n) => 0.01 + 0.02 * n],
  ['host', 'host.cpu.steal', 'share', () => 0],
  ['host', 'host.cpu.cores', 'count', () => 8],
  ['host', 'host.run_queue', 'count', (x, _, n) => 0.4 + 2.6 * x * n],
  ['host', 'host.memory.used', 'bytes', (x, s) => 5.1e9 + s.t * 60000],
  ['host', 'host.memory.limit', 'bytes', () => 16.6e9],
  ['host', 'host.disk.busy', 'share', (x, _, n) => 0.05 + 0.1 * n],
  ['host', 'host.net.bytes_per_second', 'bytes_per_second', (x, s) => s.rps * 5200],
  ['host', 'host.tcp.retransmits_per_second', 'per_second', (x, _, n) => (n > 0.95 ? 2 : 0)],
  ['host', 'host.tcp.listen_overflows_per_second', 'per_second', () => 0],
  ...Array.from({ length: 30 }, (_, i) => [
    METRICS,
    `http_request_duration_seconds_count{route="/api/v1/${['todos', 'users', 'orders', 'seats', 'search'][i % 5]}",code="${[200, 201, 404, 500, 503, 302][i % 6]}"}`,
    'per_second',
    (x, s, n) => (s.rps * (0.5 + n)) / (i + 3),
  ]),
];

const NOTES = [
  {
    source: POSTGRES,
    about: 'postgres.statement.slowest_mean',
    text: 'SELECT id, title, done, due FROM todos WHERE user_id = $1 AND done = $2 ORDER BY due LIMIT $3',
    value: 0.0213,
  },
];

function pressure(run, t) {
  const strain = run.model.strain(t);
  return healthy(run) ? 0.3 + 0.1 * Math.min(3, strain) : 0.55 * strain * (run.model.users(t) / Math.max(20, run.info.users_max)) + 0.25 * (strain - 1);
}

export function probes(run, span, query) {
  const points = Number(query.get('points') ?? 600);
  const width = Math.max(1, Math.ceil((span.to - span.from) / points));
  const source = query.get('source') ?? '';
  const name = query.get('name') ?? '';
  const rows = observes(run) ? SERIES.filter(([s, n]) => s.startsWith(source) && n.startsWith(name)) : [];
  const t = [];
  for (let at = Math.floor(span.from / width) * width; at < span.to; at += width) t.push(at);
  const seconds = t.map((at) => run.model.second(Math.min(at, Math.max(0, Math.floor(span.to) - 1))));
  const series = rows.map(([s, n, unit, value], row) => {
    const mean = seconds.map((second) => {
      // A probe that is asked once a second misses one now and then.
      const noise = chance(row + 40, second.t);
      return chance(7, second.t) > 0.995 ? null : round(Math.max(0, value(pressure(run, second.t), second, noise)));
    });
    return { source: s, name: n, unit, mean, max: mean.map((v) => (v === null ? null : round(v * 1.02))) };
  });
  return { window: { ...span, width_s: width }, width_s: width, t, series, notes: observes(run) ? NOTES : [] };
}

function poolFull(run) {
  const end = Math.floor(run.info.duration_s);
  let [from, to, waiting] = [-1, -1, 0];
  let n = 0;
  for (let t = 0; t < end; t += Math.max(1, Math.floor(end / 600))) {
    const over = pressure(run, t) - 1;
    if (over < 0.05) continue;
    from = from < 0 ? t : from;
    to = t + 1;
    waiting += over * 70;
    n++;
  }
  if (from < 0) return null;
  waiting = Math.max(1, Math.round(waiting / n));
  const at = { from_s: from, to_s: to };
  return {
    kind: 'db_pool',
    level: to - from > 10 ? 'error' : 'warning',
    title: 'the database pool is full',
    confidence: to - from > 10 ? 0.94 : 0.7,
    impact: 0.71,
    text: `The queue is in the database pool: ${POOL} of ${POOL} connections busy, ${waiting} requests waiting for one (about 180 ms of the 214 ms that a request took). The processor was 38 % busy.`,
    remedy: `Raise the pool: about ${POOL + waiting} connections would let nobody wait at this load, if the database can serve as many; else shorten what a request does while it holds one.`,
    evidence: [
      { source: METRICS, series: 'app.pool.waiting', ...at, text: `${waiting} waiting, ${Math.round(waiting * 1.7)} at most` },
      { source: METRICS, series: 'app.pool.busy', ...at, text: `${POOL} of ${POOL} busy` },
      { source: 'host', series: 'host.cpu.used', ...at, text: '38 % busy' },
      { source: '', series: '', ...at, text: 'p95 rose from 74 ms to 214 ms' },
    ],
    endpoints: ['POST /todos', 'POST /orders', 'GET /search'],
  };
}

const SCRIPT_FAULT = {
  kind: 'script',
  level: 'warning',
  title: 'the script is at fault',
  confidence: 0.72,
  impact: 0.1,
  text: 'DELETE /todos/undefined was asked for 900 times: the script puts an undefined value into the address.',
  remedy: 'Is it request.id instead of request.json().id?',
  evidence: [],
  endpoints: ['DELETE /todos/undefined'],
};

const CANNOT_TELL = {
  kind: 'unknown',
  level: 'warning',
  title: "I can't tell",
  confidence: 0.5,
  impact: 0.5,
  text: 'Response times rose from 74 ms to 190 ms with the load, and nothing that was measured explains it.',
  remedy: 'Observe the system under test: --observe proc:NAME for its processes, --observe prometheus:URL for what it says of itself.',
  evidence: [{ source: '', series: '', from_s: 20, to_s: 50, text: 'p95 of all requests: 190 ms' }],
  endpoints: [],
};

const GENERATOR = {
  kind: 'generator',
  level: 'error',
  title: 'the load generator was the limit',
  confidence: 0.99,
  impact: 1,
  text: 'The busiest worker used 99 % of a core for 41 s: response times hold its own delays and say nothing about the server.',
  remedy: 'Use more workers (--workers 4), or fewer users.',
  evidence: [{ source: '', series: '', from_s: 45, to_s: 86, text: 'users started up to 380 ms late' }],
  endpoints: [],
};

const KNEE = {
  kind: 'knee',
  level: 'note',
  title: 'the knee',
  confidence: 0.8,
  impact: 0,
  text: 'Beyond about 48 users more users brought no more requests, only longer times.',
  remedy: '',
  evidence: [],
  endpoints: [],
};

export function findings(run) {
  const broke = run.info.exit_code === 90 ? [GENERATOR] : !observes(run) ? [CANNOT_TELL] : healthy(run) ? [] : [poolFull(run)].filter(Boolean);
  if (broke[0]?.kind === 'db_pool' && run.info.tool === 'k6') broke.push(SCRIPT_FAULT);
  const ended = run.info.state !== 'running';
  return {
    words: ended ? run.info.words : '',
    findings: ended && broke.length ? [...broke, KNEE] : broke,
    ...(ended ? { percentiles: 'A visit is about 12 requests: half of all visits meet a request beyond the 94th percentile, so p95 (74 ms) is what people feel here. 96 requests an hour take longer than 1 s.' } : {}),
  };
}

// ---- traces: a page that asks the database for each author of its posts, one by one ----

const LISTS = 57;
const SELECT_ONE = 'SELECT id, name, avatar FROM users WHERE id = $1';

function hex(seed, digits) {
  return Array.from({ length: digits }, (_, n) => Math.floor(chance(seed, n) * 16).toString(16)).join('');
}

function traced(run, i) {
  const end = Math.max(1, Math.floor(run.info.duration_s));
  const e = run.model.endpoints[i % 8];
  const failed = i % 9 === 4;
  return {
    trace: hex(run.info.id * 1000 + i, 32),
    span: hex(run.info.id * 1000 + i + 500, 16),
    endpoint: `${e.method} ${e.name}`,
    at_ms: run.info.started_ms + Math.floor(chance(71, i) * end) * 1000 + 137,
    duration_ms: round(900 - i * 17 + 20 * chance(72, i)),
    status: failed ? 503 : 200,
    failed,
    error: failed ? 'HTTP 503' : '',
    bytes: failed ? 64 : 18231 - i * 40,
    spans: i === 11 ? 0 : failed ? 3 : LISTS + 5,
  };
}

function summary(run, e, i) {
  const requests = 400 + i * 130;
  const part = (service, kind, ms, spans) => ({ service, kind, spans: spans * requests, errors: 0, seconds: (ms * requests) / 1000 });
  const many = i === 0;
  const database = many ? 61 : 9;
  const parts = [part('shop', 'database', database, many ? LISTS + 1 : 2), part('shop', 'server', 24, 1), part('shop', 'cache', 1.2, 1), part('recommendations', 'server', 18 - i, 1)];
  return {
    endpoint: `${e.method} ${e.name}`,
    requests,
    errors: i,
    seconds: parts.reduce((all, p) => all + p.seconds, 0),
    parts,
    statements: [{ text: many ? 'SELECT id, name, avatar FROM users WHERE id = ?' : 'SELECT id, title FROM todos WHERE user_id = ? LIMIT ?', requests, spans: requests * (many ? LISTS : 1), most: many ? 93 : 1, seconds: (database * requests) / 1000 }],
    database_spans: many ? { p50: LISTS + 1, p95: 90, max: 94 } : { p50: 2, p95: 2, max: 3 },
    repeats: many ? { p50: LISTS, p95: 89, max: 93 } : { p50: 1, p95: 1, max: 2 },
    grows_with_size: many ? 0.97 : 0,
    grows_with_time: 0.03,
  };
}

const TRACES = 40;

export function traces(run, query) {
  if (!observes(run)) return { counts: null, traces: [], summaries: [] };
  const all = Array.from({ length: TRACES }, (_, i) => traced(run, i)).sort((a, b) => b.duration_ms - a.duration_ms);
  const fits = all.filter((t) => (!query.get('endpoint') || t.endpoint === query.get('endpoint')) && (query.get('failed') !== '1' || t.failed));
  return {
    counts: { requests_taken: 30, spans: 4211, spans_dropped: 0, requests_joined: 450, log_lines: 450 },
    traces: fits.slice(0, Number(query.get('limit') ?? 500)),
    summaries: run.model.endpoints.slice(0, 5).map((e, i) => summary(run, e, i)),
  };
}

export function waterfall(run, trace) {
  const row = Array.from({ length: TRACES }, (_, i) => traced(run, i)).find((t) => t.trace === trace);
  if (!row || row.spans === 0) return null;
  const { at_ms, duration_ms: d, status, failed, error, bytes } = row;
  const root = hex(1, 16);
  const span = (id, parent, depth, service, kind, name, start, length, self, more = {}) => ({
    id: hex(id, 16),
    parent,
    depth,
    service,
    name,
    kind,
    start_ms: round(start),
    duration_ms: round(length),
    self_ms: round(self),
    failed: false,
    ...more,
  });
  const spans = [span(1, row.span, 0, 'shop', 'server', row.endpoint, d * 0.02, d * 0.95, d * 0.12, { failed, attributes: { 'http.route': row.endpoint.split(' ')[1], 'http.response.status_code': String(status) } })];
  if (failed) {
    spans.push(span(2, root, 1, 'shop', 'cache', 'GET session', d * 0.03, d * 0.01, d * 0.01));
    spans.push(span(3, root, 1, 'shop', 'other', 'pool.acquire', d * 0.05, d * 0.82, d * 0.82, { failed: true, error: 'TimeoutError: QueuePool limit of size 20 reached, connection timed out' }));
  } else {
    spans.push(span(2, root, 1, 'shop', 'cache', 'GET session', d * 0.03, d * 0.01, d * 0.01));
    spans.push(span(3, root, 1, 'shop', 'database', 'SELECT', d * 0.05, d * 0.08, d * 0.08, { statement: 'SELECT id, title, author_id FROM posts ORDER BY created DESC LIMIT 57', attributes: { 'db.system': 'postgresql', 'server.address': '10.0.0.6' } }));
    for (let i = 0; i < LISTS; i++) spans.push(span(100 + i, root, 1, 'shop', 'database', 'SELECT', d * (0.14 + (0.6 * i) / LISTS), (d * 0.5) / LISTS, (d * 0.5) / LISTS, { statement: SELECT_ONE, attributes: { 'db.system': 'postgresql' } }));
    spans.push(span(4, root, 1, 'shop', 'http', 'GET recommendations', d * 0.76, d * 0.16, d * 0.02));
    spans.push(span(5, hex(4, 16), 2, 'recommendations', 'server', 'GET /for/:user', d * 0.77, d * 0.14, d * 0.14));
  }
  return { trace, span: row.span, endpoint: row.endpoint, clock_ms: 0, request: { at_ms, duration_ms: d, status, failed, error, bytes }, spans, left_out: 0 };
}

export function serverLogs(run, query) {
  if (!observes(run)) return { logs: [] };
  const own = ['limit', 'trace', 'span', 'q'];
  const logs = [];
  for (const t of traces(run, new URLSearchParams()).traces) {
    const line = (after, level, message, more) => logs.push({ at_ms: t.at_ms + after, level, trace: t.trace, span: t.span, line: { level, message, trace_id: t.trace, path: t.endpoint.split(' ')[1], http: { status: t.status }, ...more } });
    line(3, 'info', 'request begins', { worker: t.bytes % 8 });
    if (t.failed) line(700, 'error', 'pool timeout: 20 of 20 connections busy', { waited_ms: 700, pool: 'shop' });
  }
  const fits = logs.filter((l) => {
    const text = JSON.stringify(l.line);
    const field = (path) => String(path.split('.').reduce((at, k) => at?.[k], l.line) ?? '');
    const conditions = [...query.entries()].filter(([k]) => !own.includes(k));
    return (
      (!query.get('trace') || l.trace === query.get('trace')) &&
      (!query.get('q') || text.includes(query.get('q'))) &&
      conditions.every(([k, v]) => (k.endsWith('~') ? field(k.slice(0, -1)).includes(v) : field(k) === v))
    );
  });
  return { logs: fits.sort((a, b) => a.at_ms - b.at_ms).slice(0, Number(query.get('limit') ?? 500)) };
}
