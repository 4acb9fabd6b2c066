// A make-believe service under load, as pure functions of a seed and a second: nothing is stored, every window of every run can be asked
// for at once, and asking twice gives the same answer.

const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const NOUNS = ['todos', 'users', 'cart', 'orders', 'search', 'events', 'tickets', 'seats', 'invoices', 'reports', 'images', 'teams'];

/** A number in [0, 1) that depends on nothing but its arguments. */
export function chance(seed, i) {
  let x = (seed * 374761393 + i * 668265263) | 0;
  x = Math.imul(x ^ (x >>> 13), 1274126177);
  x ^= x >>> 16;
  return (x >>> 0) / 4294967296;
}

const KNOWN = [
  { method: 'GET', name: '/', base: 8, sigma: 0.4, weight: 10, fail: 0 },
  {
    method: 'POST',
    name: '/login',
    base: 46,
    sigma: 0.35,
    weight: 3,
    fail: 0.002,
    error: 'HTTPError("401 Client Error: Unauthorized for url: /login")',
    status: 401,
  },
  {
    method: 'GET',
    name: '/todos',
    base: 22,
    sigma: 0.5,
    weight: 18,
    fail: 0.001,
    error: 'HTTPError("503 Server Error: Service Unavailable for url: /todos")',
    status: 503,
  },
  { method: 'GET', name: '/todos/[id]', base: 12, sigma: 0.45, weight: 22, fail: 0, rise: 1.6 },
  { method: 'POST', name: '/todos', base: 31, sigma: 0.5, weight: 8, fail: 0.006, error: 'CatchResponseError("expected 201, got 200")', status: 200 },
  {
    method: 'DELETE',
    name: '/todos/undefined',
    base: 6,
    sigma: 0.3,
    weight: 2,
    fail: 1,
    error: 'HTTPError("404 Client Error: Not Found for url: /todos/undefined")',
    status: 404,
  },
  {
    method: 'GET',
    name: '/search?q=[term]',
    base: 95,
    sigma: 0.8,
    weight: 5,
    fail: 0.012,
    error: 'ReadTimeout("no answer within 2 s")',
    status: 0,
    rise: 3,
  },
  { method: 'GET', name: '/about/', base: 5, sigma: 0.3, weight: 6, fail: 0 },
  { method: 'GET', name: '/static/assets.js', base: 2.1, sigma: 0.25, weight: 20, fail: 0 },
  {
    method: 'PUT',
    name: '/cart/items/[id]',
    base: 38,
    sigma: 0.55,
    weight: 6,
    fail: 0.003,
    error: 'ConnectionResetError(104, "Connection reset by peer")',
    status: 0,
  },
  {
    method: 'GET',
    name: '/events/[id]/seats',
    base: 64,
    sigma: 0.6,
    weight: 4,
    fail: 0.001,
    error: 'HTTPError("429 Client Error: Too Many Requests for url: /events/[id]/seats")',
    status: 429,
  },
  {
    method: 'POST',
    name: '/orders',
    base: 120,
    sigma: 0.6,
    weight: 2,
    fail: 0.02,
    error: 'HTTPError("500 Server Error: Internal Server Error for url: /orders")',
    status: 500,
    rise: 2,
  },
];

export function endpoints(n) {
  const list = KNOWN.slice(0, Math.min(n, KNOWN.length));
  for (let i = list.length; i < n; i++) {
    const noun = NOUNS[i % NOUNS.length];
    const fails = chance(7, i) < 0.03;
    list.push({
      method: METHODS[i % METHODS.length],
      name: `/api/v${1 + (i % 3)}/${noun}/${String(i).padStart(5, '0')}`,
      base: 3 + chance(1, i) ** 3 * 180,
      sigma: 0.25 + chance(2, i) * 0.6,
      weight: 0.05 + chance(3, i) ** 4,
      fail: fails ? chance(4, i) * 0.05 : 0,
      error: fails ? `HTTPError("${[500, 502, 503][i % 3]} Server Error for url: /api/${noun}")` : undefined,
      status: [500, 502, 503][i % 3],
    });
  }
  const sum = list.reduce((all, e) => all + e.weight, 0);
  return list.map((e) => ({ ...e, share: e.weight / sum }));
}

/** z of the normal distribution for the quantiles that are shown. */
const Z = { p50: 0, p90: 1.2816, p95: 1.6449, p99: 2.3263 };

export class Model {
  constructor({ seed, users, spawnRate, endpointCount, slow = 1, duration = Infinity }) {
    Object.assign(this, { seed, slow, duration });
    this.endpoints = endpoints(endpointCount);
    this.steps = [{ t: 0, users, rate: spawnRate, from: 0 }];
    this.pauses = [];
  }

  setUsers(t, users, rate) {
    this.steps.push({ t, users, rate, from: this.users(t) });
  }

  users(t) {
    const step = this.steps.findLast((s) => s.t <= t) ?? this.steps[0];
    const moved = (t - step.t) * step.rate;
    const up = step.users >= step.from;
    return Math.floor(up ? Math.min(step.users, step.from + moved) : Math.max(step.users, step.from - moved * 4));
  }

  /** How much slower than idle the service is at t: it queues as users grow, and has a bad spell now and then. */
  strain(t) {
    const users = this.users(t);
    const spell = chance(this.seed, Math.floor(t / 45)) < 0.16 ? 1.5 + chance(this.seed + 1, Math.floor(t / 45)) * 1.4 : 1;
    return this.slow * (1 + (users / 160) ** 2 * 0.35) * (1 + 0.08 * Math.sin(t / 17)) * (0.93 + 0.14 * chance(this.seed + 2, t)) * spell;
  }

  rps(t) {
    if (this.pauses.some((p) => t >= p.from && t < p.to)) return 0;
    return (this.users(t) * (7.5 + chance(this.seed + 3, t))) / (0.7 + 0.3 * this.strain(t));
  }

  failShare(t) {
    const idle = this.endpoints.reduce((all, e) => all + e.share * e.fail, 0);
    return Math.min(1, idle * this.strain(t) ** 2);
  }

  second(t) {
    const rps = Math.round(this.rps(t));
    const strain = this.strain(t);
    const fails = Math.round(rps * this.failShare(t) + (chance(this.seed + 5, t) - 0.5));
    return {
      t,
      users: this.users(t),
      rps,
      fails_s: Math.max(0, Math.min(rps, fails)),
      p50: rps ? round(13 * strain) : null,
      p95: rps ? round(74 * strain ** 1.3) : null,
      p99: rps ? round(168 * strain ** 1.5 * (0.9 + 0.3 * chance(this.seed + 6, t))) : null,
      max: rps ? round(420 * strain ** 1.5 * (0.8 + chance(this.seed + 7, t))) : null,
      bytes_s: rps * 1840,
    };
  }

  /** The share of the load, and the factor on response times, of one endpoint. */
  scale(method, name) {
    const e = this.endpoints.find((x) => x.method === method && x.name === name);
    return e ? { share: e.share, slow: e.base / 13, fail: e.fail } : null;
  }

  series(from, to, points, only = null) {
    const width = Math.max(1, Math.ceil((to - from) / points));
    const out = {
      window: { from, to, width_s: width },
      width_s: width,
      t: [],
      users: [],
      rps: [],
      fails_s: [],
      p50: [],
      p95: [],
      p99: [],
      max: [],
      bytes_s: [],
    };
    for (let t = Math.floor(from / width) * width; t < to; t += width) {
      const sample = [0, 0.25, 0.5, 0.75].map((part) => this.second(Math.min(Math.floor(to) - 1, Math.floor(t + part * width))));
      const mean = (key) => sample.reduce((all, s) => all + (s[key] ?? 0), 0) / sample.length;
      out.t.push(t);
      for (const key of ['users', 'rps', 'fails_s', 'p50', 'p95', 'p99', 'bytes_s'])
        out[key].push(sample[0].rps ? round(mean(key)) : key[0] === 'p' ? null : 0);
      if (only) for (const key of ['rps', 'bytes_s']) out[key].push(round(out[key].pop() * only.share));
      if (only)
        for (const key of ['p50', 'p95', 'p99'])
          out[key].push(out[key].pop() === null ? null : round(mean(key) * only.slow * (key === 'p99' ? 0.4 : key === 'p95' ? 0.6 : 1)));
      if (only) {
        out.fails_s.pop();
        out.fails_s.push(round(out.rps.at(-1) * only.fail));
      }
      out.max.push(Math.max(...sample.map((s) => s.max ?? 0)));
    }
    return out;
  }

  /** Requests and the mean strain between two moments, from at most 200 samples. */
  load(from, to) {
    const step = Math.max(1, (to - from) / 200);
    let requests = 0,
      strain = 0,
      n = 0;
    for (let t = from; t < to; t += step) {
      requests += this.rps(Math.floor(t)) * Math.min(step, to - t);
      strain += this.strain(Math.floor(t));
      n++;
    }
    return { requests, strain: n ? strain / n : 1 };
  }

  row(e, i, load, seconds) {
    const requests = Math.round(load.requests * e.share);
    const failures = e.fail >= 1 ? requests : Math.round(requests * Math.min(1, e.fail * load.strain ** 2));
    const median = e.base * load.strain ** (e.rise ?? 1) * (0.97 + 0.06 * chance(this.seed, i));
    const q = (z) => (requests ? round(median * Math.exp(e.sigma * z)) : null);
    return {
      method: e.method,
      name: e.name,
      requests,
      failures,
      rps: round(requests / seconds),
      fails_s: round(failures / seconds),
      avg: q(e.sigma / 2),
      min: q(-3.1),
      max: q(3.4),
      p50: q(Z.p50),
      p90: q(Z.p90),
      p95: q(Z.p95),
      p99: q(Z.p99),
      bytes: requests * Math.round(200 + 4000 * chance(9, i)),
    };
  }

  table(from, to) {
    const load = this.load(from, to);
    const seconds = Math.max(1, to - from);
    const rows = this.endpoints.map((e, i) => this.row(e, i, load, seconds)).filter((r) => r.requests > 0);
    const sum = (key) => rows.reduce((all, r) => all + r[key], 0);
    const requests = sum('requests');
    const mean = (key) => (requests ? round(rows.reduce((all, r) => all + r[key] * r.requests, 0) / requests) : null);
    const total = {
      method: '',
      name: 'Aggregated',
      requests,
      failures: sum('failures'),
      rps: round(requests / seconds),
      fails_s: round(sum('failures') / seconds),
      avg: mean('avg'),
      min: rows.length ? Math.min(...rows.map((r) => r.min)) : null,
      max: rows.length ? Math.max(...rows.map((r) => r.max)) : null,
      p50: requests ? round(13 * load.strain) : null,
      p90: requests ? round(52 * load.strain ** 1.2) : null,
      p95: requests ? round(74 * load.strain ** 1.3) : null,
      p99: requests ? round(168 * load.strain ** 1.5) : null,
      bytes: sum('bytes'),
    };
    return { rows, total };
  }

  histogram(from, to, method, name) {
    const load = this.load(from, to);
    const i = this.endpoints.findIndex((e) => e.method === method && e.name === name);
    const parts = i < 0 ? this.endpoints.slice(0, 40) : [this.endpoints[i]];
    const bounds = [];
    for (let b = 0.5; b < 8000; b *= 1.12) bounds.push(round(b));
    const counts = bounds.slice(0, -1).map(() => 0);
    let count = 0;
    for (const e of parts) {
      const median = e.base * load.strain ** (e.rise ?? 1);
      const n = load.requests * e.share;
      for (let b = 0; b < counts.length; b++) {
        const c = Math.round(n * (normal(Math.log(bounds[b + 1] / median) / e.sigma) - normal(Math.log(bounds[b] / median) / e.sigma)));
        counts[b] += c;
        count += c;
      }
    }
    return { count, bounds, counts };
  }
}

function normal(z) {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const d = 0.3989423 * Math.exp((-z * z) / 2);
  const p = d * t * (0.3193815 + t * (-0.3565638 + t * (1.781478 + t * (-1.821256 + t * 1.330274))));
  return z > 0 ? 1 - p : p;
}

export function round(n) {
  return Number(n.toPrecision(4));
}
