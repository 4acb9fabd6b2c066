// The make-believe ledger: some thirty past runs, among them one of twelve hours, one with 10,000 endpoints and one that was killed.

import { chance, Model } from './model.mjs';
import { findings, probes, serverLogs, traces } from './observed.mjs';

const K6_SCRIPT = `import http from 'k6/http';
import { check, sleep } from 'k6';

export const options = {
  stages: [
    { duration: '30s', target: 40 },
    { duration: '1m', target: 40 },
    { duration: '30s', target: 0 },
  ],
  thresholds: { http_req_duration: ['p(95)<200'] },
};

export default function () {
  const request = http.post(\`\${__ENV.ENDPOINT}/todos\`, JSON.stringify({ title: 'study' }));
  check(request, { 'status is 201': (r) => r.status === 201 });
  http.del(\`\${__ENV.ENDPOINT}/todos/\${request.id}\`);
  sleep(1);
}
`;
const LOCUST_SCRIPT = `from locust import HttpUser, between, task


class Shopper(HttpUser):
    wait_time = between(0.05, 0.2)
    weight = 3

    def on_start(self):
        self.client.post("/login", {"username": "test_user", "password": ""})

    @task(3)
    def browse(self):
        self.client.get("/")
        self.client.get("/static/assets.js")

    @task
    def buy(self):
        todo = self.client.post("/todos", json={"title": "tickets"}).json()
        self.client.get(f"/todos/{todo['id']}", name="/todos/[id]")
`;
const NOTES = [
  '16 workers instead of one',
  'pool size 20 → 50',
  'pgbouncer in front',
  'index on todos.user_id',
  'after the upgrade to 3.2',
  'baseline before the launch',
];

export class Book {
  constructor(endpoints, empty) {
    this.runs = [];
    this.endpoints = endpoints;
    if (empty) return;
    for (let i = 0; i < 34; i++) this.addPast(i);
  }

  addPast(i) {
    const long = i === 20,
      wide = i === 24,
      lost = i === 29,
      voided = i === 31;
    const duration = long ? 43200 : wide ? 1800 : [60, 120, 300, 600, 1800][Math.floor(chance(11, i) * 5)];
    const users = wide ? 200 : [20, 50, 100, 200][Math.floor(chance(12, i) * 4)];
    const model = new Model({
      seed: i,
      users,
      spawnRate: Math.max(1, users / (duration * 0.15)),
      endpointCount: wide ? 10000 : 12,
      slow: i === 33 ? 1.18 : 1,
      duration,
    });
    const tool = i % 3 === 0 ? 'k6' : 'locust';
    const id = this.add(
      model,
      { tool, form: { users, spawn_rate: 10, run_time: `${duration}s`, host: 'http://127.0.0.1:6400' } },
      Date.now() - (34 - i) * 5.3 * 3600000,
    );
    const run = this.find(id);
    Object.assign(run.info, {
      label: i % 6 === 0 ? 'baseline' : i % 4 === 1 ? `v1.${i}` : long ? 'soak' : '',
      notes: i % 5 === 2 ? NOTES[i % NOTES.length] : '',
      focus: i % 7 === 0 ? 'checkout under load' : '',
      changes: i % 5 === 3 ? NOTES[(i + 2) % NOTES.length] : '',
    });
    run.marks.push({ t: Math.floor(duration * 0.6), text: 'deployed 1.4' });
    this.finish(run, duration, { lost, voided });
  }

  add(model, { tool, form }, at = Date.now()) {
    const id = (this.runs.at(-1)?.info.id ?? 0) + 1;
    const script = tool === 'k6' ? 'planners-and-studiers.js' : 'locustfile.py';
    this.runs.push({
      model,
      marks: [],
      logs: [],
      workers: [],
      form,
      info: {
        id,
        state: 'running',
        tool,
        script,
        command:
          tool === 'k6' ? `halftime k6 run ${script}` : `halftime locust -f ${script} -u ${form.users} -r ${form.spawn_rate} -t ${form.run_time}`,
        machine: 'bench-1',
        git_commit: '3f0c9ad1b7e2c4d58896fa01b2c3d4e5f6a7b8c9' + (id % 4 ? '' : '+'),
        started_ms: at,
        ended_ms: null,
        duration_s: 0,
        requests: 0,
        failures: 0,
        users_max: form.users,
        rps: null,
        p50: null,
        p95: null,
        p99: null,
        outcome: null,
        exit_code: null,
        words: null,
        label: '',
        focus: '',
        changes: '',
        notes: '',
        links: '',
      },
    });
    return id;
  }

  finish(run, duration, { lost = false, voided = false } = {}) {
    const { total } = run.model.table(0, duration);
    Object.assign(run.info, {
      state: lost ? 'lost' : 'ended',
      duration_s: duration,
      ended_ms: lost ? null : run.info.started_ms + duration * 1000,
      requests: total.requests,
      failures: total.failures,
      rps: total.rps,
      p50: total.p50,
      p95: total.p95,
      p99: total.p99,
      outcome: lost ? null : 'completed',
      exit_code: lost ? null : voided ? 90 : 0,
      words: voided
        ? 'These figures are void: the load generator itself was the limit. Its busiest worker used 99 % of a core for 41 s and users started up to 380 ms late.'
        : 'It held: response times settled after 24 s and stayed level; p95 was 74 ms. No knee was reached with these users.',
    });
    if (!run.workers.length) run.workers = [0, 1].map((id) => ({ id, state: 'finished', users: 0, cpu: voided ? 99 : 34 + id, rss_bytes: 52e6 }));
    if (!run.logs.length) {
      for (let i = 0; i < 40; i++)
        run.logs.push({
          seq: i + 1,
          at_ms: run.info.started_ms + i * 1450,
          level: ['info', 'info', 'debug', 'warning', 'error'][i % 5],
          text: `line ${i + 1}: ${NOTES[i % NOTES.length]}`,
        });
    }
  }

  find(id) {
    return this.runs.find((run) => run.info.id === id);
  }

  remove(id) {
    this.runs = this.runs.filter((run) => run.info.id !== id);
  }

  list(query) {
    const search = (query.get('search') ?? '').toLowerCase();
    const label = query.get('label');
    const before = Number(query.get('before') ?? Infinity);
    const limit = Number(query.get('limit') ?? 50);
    const fits = this.runs
      .map((r) => r.info)
      .reverse()
      .filter((r) => {
        const text = [r.script, r.command, r.label, r.focus, r.changes, r.notes, r.links].join(' ').toLowerCase();
        return r.id < before && text.includes(search) && (!label || r.label === label);
      });
    return { ledger: '/home/me/.local/share/halftime/ledger.db', more: fits.length > limit, runs: fits.slice(0, limit) };
  }

  detail(run) {
    return {
      ...run.info,
      options: { ...run.form, thresholds: { http_req_duration: ['p(95)<200'] } },
      script_sha256: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
      span: { from: 0, to: run.info.duration_s },
      marks: run.marks,
    };
  }

  span(run, from, to) {
    const end = run.info.duration_s;
    const a = from === null ? 0 : Math.max(0, Number(from));
    const b = to === null ? end : Math.min(end, Number(to));
    return { from: a, to: Math.max(a, b) };
  }

  answer(run, what, span, query) {
    const make = {
      series: () => ({
        ...run.model.series(span.from, span.to, Number(query.get('points') ?? 600), run.model.scale(query.get('method'), query.get('name'))),
        marks: run.marks,
      }),
      table: () => this.table(run, span, query),
      histogram: () => ({ window: { ...span, width_s: 1 }, ...run.model.histogram(span.from, span.to, query.get('method'), query.get('name')) }),
      failures: () => ({ failures: this.failures(run, span) }),
      exceptions: () => ({ exceptions: this.exceptions(run) }),
      checks: () => ({ checks: this.checks(run) }),
      thresholds: () => ({
        thresholds: [
          { metric: 'http_req_duration', expression: 'p(95)<200', ok: true, observed: run.info.p95 },
          { metric: 'http_req_failed', expression: 'rate<0.01', ok: false, observed: 0.0241 },
        ],
      }),
      logs: () => this.logs(run, query),
      workers: () => ({ workers: run.workers.map((w, i) => ({ ...w, name: `bench-1/${i}`, lag_ms: 0.4 + i * 0.2, late_ms: 1.8 + i })) }),
      tasks: () => this.tasks(run),
      findings: () => findings(run),
      probes: () => probes(run, span, query),
      traces: () => traces(run, query),
      'server-logs': () => serverLogs(run, query),
    }[what];
    return make?.();
  }

  table(run, span, query) {
    const filter = (query.get('filter') ?? '').toLowerCase();
    const sort = query.get('sort') || 'name';
    const key = sort.replace(/^-/, '');
    const { rows, total } = run.model.table(span.from, span.to);
    const fits = rows.filter((r) => `${r.method} ${r.name}`.toLowerCase().includes(filter));
    fits.sort((a, b) => (sort[0] === '-' ? -1 : 1) * (typeof a[key] === 'string' ? a[key].localeCompare(b[key]) : (a[key] ?? -1) - (b[key] ?? -1)));
    return { window: { ...span, width_s: 1 }, rows_total: fits.length, rows: fits.slice(0, Number(query.get('limit') ?? 1000)), total };
  }

  failures(run, span) {
    const { rows } = run.model.table(span.from, span.to);
    const out = [];
    for (const [i, e] of run.model.endpoints.entries()) {
      const row = e.error && rows.find((r) => r.method === e.method && r.name === e.name);
      if (!row || row.failures === 0) continue;
      const exemplars = [0, 1, 2]
        .slice(0, Math.min(3, row.failures))
        .map((n) => this.exemplar(e, i, span.from + (n + 0.4) * ((span.to - span.from) / 3)));
      out.push({
        method: e.method,
        name: e.name,
        error: e.error,
        count: row.failures,
        first_s: Math.floor(span.from + 2),
        last_s: Math.floor(span.to) - 1,
        exemplars,
      });
      if (out.length >= 400) break;
    }
    return out.sort((a, b) => b.count - a.count);
  }

  exemplar(e, i, t) {
    const path = e.name.replace('[id]', String(1000 + i)).replace('[term]', 'kettle');
    const id = Array.from({ length: 16 }, (_, n) =>
      Math.floor(chance(Math.floor(t) + i, n) * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
    const sent = e.method === 'GET' || e.method === 'DELETE' ? '' : '{"title":"tickets","tags":["launch","front row"],"due":"2026-11-21T20:15:00Z"}';
    const asked = ['Host: 127.0.0.1:6400', 'Accept: */*', 'User-Agent: python-requests/2.28.1', `X-Correlation-Id: ${id}`];
    if (sent) asked.push('Content-Type: application/json');
    const answer = `{"error":"${e.status}","detail":"pool exhausted: 20 of 20 connections in use","retry_after":1}`;
    const answered = [
      `HTTP/1.1 ${e.status} Oh no`,
      'Content-Type: application/json',
      'Server: taskoverflow',
      `X-Request-Id: ${id.slice(0, 12)}`,
      '',
      answer,
    ];
    const text = [`${e.method} http://127.0.0.1:6400${path}`, ...asked, '', sent, '', ...(e.status ? answered : [])].join('\n');
    return { correlation_id: id, text };
  }

  exceptions(run) {
    if (run.info.tool === 'k6') return [];
    return [
      {
        count: 38,
        message: "KeyError: 'id'",
        traceback: '  File "locustfile.py", line 41, in buy\n    self.client.get(f"/todos/{todo[\'id\']}")\n',
        nodes: ['0', '1'],
      },
      {
        count: 3,
        message: 'AssertionError: cart must not be empty',
        traceback: '  File "locustfile.py", line 58, in checkout\n    assert cart["items"], "cart must not be empty"\n',
        nodes: ['1'],
      },
    ];
  }

  checks(run) {
    if (run.info.tool !== 'k6') return [];
    return [
      { name: 'status is 201', group: 'todos', passes: 4120, fails: 254 },
      { name: 'has an id', group: 'todos', passes: 4374, fails: 0 },
      { name: 'login worked', group: '', passes: 812, fails: 2 },
    ];
  }

  logs(run, query) {
    const order = ['debug', 'info', 'warning', 'error'];
    const least = order.indexOf(query.get('level') ?? 'debug');
    const lines = run.logs.filter((l) => order.indexOf(l.level) >= least && l.seq > Number(query.get('after') ?? 0));
    return { logs: lines.slice(-Number(query.get('limit') ?? 500)) };
  }

  tasks(run) {
    if (run.info.tool === 'k6') return {};
    const tree = {
      Shopper: {
        ratio: 0.6,
        tasks: {
          browse: { ratio: 0.6 },
          search: { ratio: 0.25 },
          Checkout: { ratio: 0.15, tasks: { add_to_cart: { ratio: 0.7 }, pay: { ratio: 0.3 } } },
        },
      },
      Impatient: { ratio: 0.25, tasks: { refresh: { ratio: 1 } } },
      Admin: { ratio: 0.15, tasks: { reports: { ratio: 0.5 }, export_invoices: { ratio: 0.5 } } },
    };
    return { per_class: tree, total: tree };
  }

  script(run) {
    return run.info.tool === 'k6' ? K6_SCRIPT : LOCUST_SCRIPT;
  }

  download(run, name) {
    const { rows, total } = run.model.table(0, run.info.duration_s);
    if (name === 'summary.json') return JSON.stringify({ run: run.info, total }, null, 1);
    if (name === 'report.html') return `<!doctype html><title>Run ${run.info.id}</title><h1>Run ${run.info.id}</h1><p>${run.info.words ?? ''}</p>`;
    return (
      [
        'Type,Name,Request Count,Failure Count',
        ...rows.map((r) => `${r.method},${r.name},${r.requests},${r.failures}`),
        `,Aggregated,${total.requests},${total.failures}`,
      ].join('\n') + '\n'
    );
  }

  compare(runs) {
    const infos = runs.map((r) => r.info);
    const span = Math.max(...infos.map((r) => r.duration_s));
    const pairs = runs.slice(1).map((after) => this.pair(runs[0], after));
    return { runs: infos, pairs, series: runs.map((r) => ({ run: r.info.id, ...r.model.series(0, r.info.duration_s, Math.min(600, span)) })) };
  }

  pair(before, after) {
    const a = before.model.table(0, before.info.duration_s).rows;
    const b = after.model.table(0, after.info.duration_s).rows;
    const endpoints = [];
    for (const x of a) {
      const y = b.find((r) => r.method === x.method && r.name === x.name);
      if (!y) continue;
      const quantiles = [
        ['p50', 0.5],
        ['p95', 0.95],
        ['p99', 0.99],
      ].map(([key, p]) => {
        const d = y[key] - x[key],
          noise = 0.06 * x[key] * (p === 0.99 ? 2 : 1);
        const verdict = d - noise > 0 ? 'slower' : d + noise < 0 ? 'faster' : 'same';
        return { p, before: x[key], after: y[key], low: d - noise, high: d + noise, verdict };
      });
      endpoints.push({
        method: x.method,
        name: x.name,
        requests: [x.requests, y.requests],
        quantiles,
        rps: { before: x.rps, after: y.rps },
        error_rate: { before: x.failures / x.requests, after: y.failures / y.requests },
      });
    }
    const slow = endpoints.filter((e) => e.quantiles[1].verdict === 'slower').sort((m, n) => n.quantiles[1].low - m.quantiles[1].low);
    const fast = endpoints.filter((e) => e.quantiles[1].verdict === 'faster').sort((m, n) => m.quantiles[1].high - n.quantiles[1].high);
    const e = slow[0] ?? fast[0];
    const verdict = slow.length ? 'slower' : fast.length ? 'faster' : 'same';
    const q = e?.quantiles[1];
    const text = e
      ? `p95 of ${e.method} ${e.name} ${verdict === 'slower' ? 'rose' : 'fell'} by ${Math.min(Math.abs(Math.round(q.low)), Math.abs(Math.round(q.high)))} to ${Math.max(Math.abs(Math.round(q.low)), Math.abs(Math.round(q.high)))} ms, certain; ${endpoints.length - slow.length - fast.length} of ${endpoints.length} endpoints did not change.`
      : 'No endpoint changed beyond what chance explains.';
    return { before: before.info.id, after: after.info.id, verdict, text, endpoints };
  }
}
