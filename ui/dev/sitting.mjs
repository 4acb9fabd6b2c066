// One sitting in front of the page: runs are started, watched, changed and stopped; viewers are told by server-sent events.

import { chance, Model } from './model.mjs';

const LOG_TEXTS = [
  ['info', 'All users spawned: {"Shopper": 45, "Admin": 15} (60 total users)'],
  ['warning', 'The check "status is 201" fails for every request of POST /todos: the server answers 200'],
  ['info', 'cart 8811 paid'],
  ['error', "Task Shopper.buy raised KeyError: 'id' (locustfile.py:41)"],
  ['debug', 'session renewed'],
];

const ARGS = [
  {
    name: 'tenant',
    flag: '--tenant',
    help: 'Which tenant the users belong to',
    kind: 'text',
    default: 'acme',
    choices: null,
    required: false,
    secret: false,
  },
  {
    name: 'region',
    flag: '--region',
    help: 'Region header that is sent',
    kind: 'choice',
    default: 'eu',
    choices: ['eu', 'us', 'ap'],
    required: false,
    secret: false,
  },
  { name: 'page_size', flag: '--page-size', help: 'Items a page', kind: 'number', default: 25, choices: null, required: false, secret: false },
  {
    name: 'warm_cache',
    flag: '--warm-cache',
    help: 'Ask for every page once before the load begins',
    kind: 'flag',
    default: true,
    choices: null,
    required: false,
    secret: false,
  },
  {
    name: 'features',
    flag: '--features',
    help: 'Flags to switch on',
    kind: 'multiple',
    default: ['search'],
    choices: ['search', 'cart', 'seats'],
    required: false,
    secret: false,
  },
  { name: 'api_key', flag: '--api-key', help: 'Sent as X-Api-Key', kind: 'text', default: '', choices: null, required: false, secret: true },
];

const CLASSES = [
  { name: 'Shopper', host: null, weight: 3, fixed_count: 0, tasks: ['browse', 'search', 'buy'] },
  { name: 'Impatient', host: null, weight: 1, fixed_count: 0, tasks: ['refresh'] },
  { name: 'Admin', host: null, weight: 1, fixed_count: 2, tasks: ['reports', 'export_invoices'] },
];

function seconds(text) {
  const m = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec((text ?? '').trim());
  return m && text ? Number(m[1] ?? 0) * 3600 + Number(m[2] ?? 0) * 60 + Number(m[3] ?? 0) : null;
}

export class Sitting {
  constructor(book, { tool, endpoints, speed, shape }) {
    Object.assign(this, { book, tool, endpoints, speed, shape });
    this.phase = 'idle';
    this.runId = null;
    this.viewers = new Set();
    this.sequence = 0;
    this.backlog = [];
    this.t = 0;
    this.paused = false;
    this.form = { users: 60, spawn_rate: 6, host: 'http://127.0.0.1:6400', run_time: '5m' };
    this.commands = this.makeCommands();
    if (tool === 'k6') this.commands.start({ users: 40, spawn_rate: 4, run_time: '2m' });
    if (tool === null) this.phase = 'ended';
  }

  get run() {
    return this.book.find(this.runId);
  }

  state() {
    const running = this.phase === 'running';
    const last = running && this.t > 0 ? this.run.model.second(this.t - 1) : null;
    const step = this.run?.model.steps.at(-1);
    return {
      version: '0.4.0',
      phase: this.phase,
      state: {
        idle: 'ready',
        init: 'ready',
        running: last && step && last.users < step.users ? 'spawning' : 'running',
        stopping: 'stopping',
        ended: 'stopped',
      }[this.phase],
      run: this.runId,
      tool: this.tool,
      script: this.tool === 'k6' ? 'planners-and-studiers.js' : this.tool ? 'locustfile.py' : null,
      host: this.tool ? this.form.host : null,
      users: { active: last?.users ?? 0, target: running ? step.users : 0 },
      spawn_rate: step?.rate ?? 1,
      rate: last?.rps ?? 0,
      fail_rate: last?.fails_s ?? 0,
      elapsed_s: this.t,
      duration_s: this.limit ?? null,
      paused: this.paused,
      started_ms: this.run?.info.started_ms ?? null,
      message: '',
      can: {
        start: this.tool === 'locust' && (this.phase === 'idle' || this.phase === 'ended'),
        stop: running,
        users: running && !this.shape,
        rate: false,
        pause: running,
        reset: running,
        mark: running,
      },
      start_form:
        this.tool === 'locust'
          ? { ...this.form, host_required: false, hide_common_options: false, class_picker: true, classes: CLASSES, shape: this.shape, args: ARGS }
          : null,
    };
  }

  attach(request, reply) {
    reply.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    reply.write(`event: state\ndata: ${JSON.stringify(this.state())}\n\n`);
    const seen = Number(request.headers['last-event-id'] ?? NaN);
    for (const event of this.backlog) if (event.id > seen) reply.write(event.text);
    this.viewers.add(reply);
    request.on('close', () => this.viewers.delete(reply));
  }

  tell(event, data) {
    const id = ++this.sequence;
    const text = `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.backlog.push({ id, text });
    if (this.backlog.length > 600) this.backlog.shift();
    for (const viewer of this.viewers) viewer.write(text);
  }

  log(level, text) {
    const line = { at_ms: Date.now(), level, text };
    this.run?.logs.push({ seq: this.run.logs.length + 1, ...line });
    this.tell('log', line);
  }

  workers(second) {
    return [0, 1].map((id) => ({
      id,
      state: 'running',
      users: Math.floor((second.users + id) / 2),
      cpu: Math.round((18 + second.rps / 14 + chance(id, this.t) * 6) * 10) / 10,
      rss_bytes: 51200000 + this.t * 1500 + id * 900000,
    }));
  }

  tick() {
    const second = this.run.model.second(this.t);
    this.t++;
    this.run.info.duration_s = this.t;
    this.run.workers = this.workers(second);
    this.tell('second', { run: this.runId, ...second, target: this.run.model.steps.at(-1).users, workers: this.run.workers });
    if (this.t % 9 === 4) this.log(...LOG_TEXTS[Math.floor(this.t / 9) % LOG_TEXTS.length]);
    if (this.t === 20) {
      this.run.marks.push({ t: 20, text: 'cache warm' });
      this.tell('mark', { run: this.runId, t: 20, text: 'cache warm' });
    }
    if (this.limit && this.t >= this.limit) this.end();
  }

  begin(form) {
    this.form = { ...this.form, ...form };
    const model = new Model({
      seed: 100 + this.sequence,
      users: Number(this.form.users),
      spawnRate: Number(this.form.spawn_rate) || 1,
      endpointCount: this.endpoints,
    });
    this.t = 0;
    this.paused = false;
    this.limit = seconds(this.form.run_time);
    this.phase = 'init';
    this.runId = this.book.add(model, { tool: this.tool, form: this.form });
    this.tell('state', this.state());
    this.tell('run', { run: this.runId, state: 'running' });
    this.starting = setTimeout(() => {
      this.phase = 'running';
      this.log('info', `Ramping to ${this.form.users} users at a rate of ${this.form.spawn_rate} per second`);
      this.tell('state', this.state());
      this.timer = setInterval(() => this.tick(), 1000 / this.speed);
    }, 700 / this.speed);
  }

  end() {
    clearInterval(this.timer);
    this.phase = 'stopping';
    this.tell('state', this.state());
    setTimeout(() => {
      this.phase = 'ended';
      this.book.finish(this.run, this.t);
      this.log('info', 'Shutting down: all users stopped');
      this.tell('state', this.state());
      this.tell('run', { run: this.runId, state: 'ended' });
    }, 900 / this.speed);
  }

  makeCommands() {
    const running = (Refusal) => {
      if (this.phase !== 'running') throw new Refusal(409, 'state', 'No run is under way.');
    };
    return {
      start: (body, Refusal) => {
        if (this.phase !== 'idle' && this.phase !== 'ended') throw new Refusal(409, 'state', 'A run is under way already.');
        if (body.host === 'nowhere') throw new Refusal(400, 'invalid', 'host: "nowhere" is no address; write http://nowhere:PORT');
        this.begin(body);
      },
      stop: (_, Refusal) => {
        running(Refusal);
        this.end();
      },
      users: (body, Refusal) => {
        running(Refusal);
        const step = this.run.model.steps.at(-1);
        this.run.model.setUsers(this.t, Number(body.users ?? step.users), Number(body.spawn_rate ?? step.rate));
        this.tell('state', this.state());
      },
      pause: (body, Refusal) => {
        running(Refusal);
        this.paused = Boolean(body.paused);
        if (this.paused) this.run.model.pauses.push({ from: this.t, to: Infinity });
        else this.run.model.pauses.at(-1).to = this.t;
        this.tell('state', this.state());
      },
      reset: (_, Refusal) => {
        running(Refusal);
        this.tell('reset', { run: this.runId, t: this.t });
      },
      mark: (body, Refusal) => {
        running(Refusal);
        this.run.marks.push({ t: this.t, text: String(body.text) });
        this.tell('mark', { run: this.runId, t: this.t, text: String(body.text) });
      },
    };
  }
}
