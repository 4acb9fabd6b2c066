// What was observed of the system under test, laid out: which series belong into one picture, what limits them, what they are called.

import { bytes, compact, ms, percent, rate } from './format';
import type { Num, ProbeNote, Probes, ProbeSeries, ProbeUnit } from './types';

/** Points of one small picture: more than it has pixels would be thrown away. */
export const PROBE_POINTS = 300;

export interface PanelShape {
  title: string;
  /** Series and the word for each in the head of the picture. */
  lines: [name: string, label: string][];
  limit?: string;
  /** The axis reaches this far at the least: a share that is read against all of it. */
  full?: number;
}

// Who belongs together; a picture has one unit. What stands in no row here gets a picture of its own.
const SHAPES: PanelShape[] = [
  {
    title: 'Requests and workers',
    lines: [
      ['app.workers.busy', 'busy'],
      ['app.queue', 'waiting'],
    ],
    limit: 'app.workers',
  },
  {
    title: 'Database pool',
    lines: [
      ['app.pool.busy', 'busy'],
      ['app.pool.waiting', 'waiting'],
    ],
    limit: 'app.pool.limit',
  },
  { title: 'Lock', lines: [['app.lock.waiting', 'waiting']] },
  {
    title: 'Requests',
    lines: [
      ['app.requests_per_second', 'served'],
      ['app.rejected_per_second', 'rejected'],
    ],
  },
  { title: 'Database calls', lines: [['app.db.calls_per_second', 'calls']] },
  { title: 'Time in the database', lines: [['app.db.seconds_per_second', 'at a time']] },
  { title: 'Processor', lines: [['app.cpu.used', 'cores']] },
  { title: 'Memory', lines: [['app.memory.rss', 'resident']] },
  { title: 'Cache hits', lines: [['app.cache.hit_share', 'hits']], full: 1 },
  { title: 'Cache size', lines: [['app.cache.bytes', 'bytes']] },
  { title: 'Cache entries', lines: [['app.cache.entries', 'entries']] },
  {
    title: 'Processor',
    lines: [
      ['host.cpu.used', 'used'],
      ['host.cpu.iowait', 'disk wait'],
      ['host.cpu.steal', 'stolen'],
    ],
    full: 1,
  },
  { title: 'Run queue', lines: [['host.run_queue', 'tasks']], limit: 'host.cpu.cores' },
  { title: 'Memory', lines: [['host.memory.used', 'used']], limit: 'host.memory.limit' },
  { title: 'Disks', lines: [['host.disk.busy', 'busy']], full: 1 },
  { title: 'Network', lines: [['host.net.bytes_per_second', 'both ways']] },
  {
    title: 'TCP troubles',
    lines: [
      ['host.tcp.retransmits_per_second', 'sent again'],
      ['host.tcp.listen_overflows_per_second', 'overflows'],
    ],
  },
  { title: 'Accept queue', lines: [['host.tcp.accept_queue', 'waiting']], limit: 'host.tcp.accept_queue_limit' },
  { title: 'Swapping in', lines: [['host.swap.in_per_second', 'pages']] },
  { title: 'Processor', lines: [['proc.cpu.used', 'cores']] },
  {
    title: 'Busiest process',
    lines: [
      ['proc.cpu.busiest', 'of one core'],
      ['proc.cpu.busiest_waiting', 'waits for one'],
    ],
    full: 1,
  },
  { title: 'Memory', lines: [['proc.memory.rss', 'resident']] },
  {
    title: 'Processes and threads',
    lines: [
      ['proc.count', 'processes'],
      ['proc.threads', 'threads'],
    ],
  },
  { title: 'Descriptors', lines: [['proc.descriptors', 'open']], limit: 'proc.descriptors_limit' },
  { title: 'Processor', lines: [['cgroup.cpu.used', 'cores']], limit: 'cgroup.cpu.limit' },
  { title: 'Throttled', lines: [['cgroup.cpu.throttled', 'of periods']], full: 1 },
  { title: 'Memory', lines: [['cgroup.memory.used', 'used']], limit: 'cgroup.memory.limit' },
  {
    title: 'Connections',
    lines: [
      ['postgres.connections', 'all'],
      ['postgres.connections.active', 'active'],
      ['postgres.connections.idle_in_transaction', 'idle in tx'],
    ],
    limit: 'postgres.connections_limit',
  },
  {
    title: 'Waiting',
    lines: [
      ['postgres.waits.lock', 'for locks'],
      ['postgres.waits.io', 'for disks'],
      ['postgres.waits.lwlock', 'inside'],
    ],
  },
  { title: 'Slowest statement', lines: [['postgres.statement.slowest_mean', 'mean']] },
  { title: 'Cache hits', lines: [['postgres.cache.hit_share', 'hits']], full: 1 },
  {
    title: 'Memory',
    lines: [['redis.memory.used', 'used']],
    limit: 'redis.memory.limit',
  },
  {
    title: 'Keys',
    lines: [
      ['redis.keys', 'all'],
      ['redis.keys_without_ttl', 'without an end'],
    ],
  },
  { title: 'Hits', lines: [['redis.hit_share', 'hits']], full: 1 },
  { title: 'Clients', lines: [['redis.clients', 'clients']], limit: 'redis.clients_limit' },
  {
    title: 'Clients',
    lines: [
      ['pgbouncer.clients.active', 'active'],
      ['pgbouncer.clients.waiting', 'waiting'],
    ],
  },
  {
    title: 'Connections to the database',
    lines: [
      ['pgbouncer.servers.active', 'active'],
      ['pgbouncer.servers.idle', 'idle'],
    ],
    limit: 'pgbouncer.pool_limit',
  },
  {
    title: 'Connections',
    lines: [
      ['nginx.connections.active', 'active'],
      ['nginx.connections.waiting', 'waiting'],
    ],
  },
  {
    title: 'Messages',
    lines: [
      ['rabbitmq.messages.ready', 'ready'],
      ['rabbitmq.messages.unacked', 'not confirmed'],
    ],
  },
  {
    title: 'Messages in and out',
    lines: [
      ['rabbitmq.publish_per_second', 'published'],
      ['rabbitmq.deliver_per_second', 'delivered'],
    ],
  },
  { title: 'Replicas', lines: [['kube.replicas.ready', 'ready']], limit: 'kube.replicas.wanted' },
];

const FAMILY = /^(host|proc|cgroup|postgres|redis|pgbouncer|nginx|rabbitmq|app|kube)\.[a-z]/;
const FAMILY_WORDS: Record<string, string> = {
  app: 'application',
  host: 'machine',
  proc: 'process',
  cgroup: 'control group',
  postgres: 'PostgreSQL',
  redis: 'Redis',
  pgbouncer: 'PgBouncer',
  nginx: 'nginx',
  rabbitmq: 'RabbitMQ',
  kube: 'Kubernetes',
  '': 'other series',
};
/** What is closest to the requests comes first. */
const FAMILY_ORDER = ['app', 'kube', 'nginx', 'pgbouncer', 'postgres', 'redis', 'rabbitmq', 'proc', 'cgroup', 'host', ''];

/** "postgres" of "postgres.connections"; '' for a series that keeps its name from elsewhere. */
export function familyOf(name: string): string {
  return FAMILY.exec(name)?.[1] ?? '';
}

export interface Key {
  source: string;
  name: string;
  unit: ProbeUnit;
}

export interface Panel {
  /** Source and first series: stays the same from run to run. */
  key: string;
  source: string;
  title: string;
  unit: ProbeUnit;
  lines: { name: string; label: string }[];
  limit: string | null;
  full: number | null;
}

export interface Group {
  key: string;
  source: string;
  family: string;
  words: string;
  panels: Panel[];
  notes: ProbeNote[];
}

/** "postgres.seq_reads_per_second" → "seq reads"; series from elsewhere keep their name. */
export function plainName(name: string): string {
  if (!familyOf(name)) return name;
  const plain = name
    .replace(/^[a-z]+\./, '')
    .replace(/_per_second$/, '')
    .replace(/[._]/g, ' ');
  return plain[0]!.toUpperCase() + plain.slice(1);
}

function limitOf(name: string, all: Map<string, Key>): string | null {
  const beside = [`${name}_limit`, `${name.replace(/\.[a-z_]+$/, '')}.limit`];
  return beside.find((n) => n !== name && all.get(n)?.unit === all.get(name)?.unit && all.has(n)) ?? null;
}

function panelOf(source: string, key: Key, shape: PanelShape | undefined, all: Map<string, Key>): Panel {
  const lines = (shape?.lines ?? [[key.name, 'now']]).filter(([name]) => all.get(name)?.unit === key.unit).map(([name, label]) => ({ name, label }));
  const limit = shape ? (shape.limit && all.has(shape.limit) ? shape.limit : null) : limitOf(key.name, all);
  const full = shape?.full ?? null;
  return { key: `${source}|${lines[0]!.name}`, source, title: shape?.title ?? plainName(key.name), unit: key.unit, lines, limit, full };
}

function panelsOf(source: string, keys: Key[]): Panel[] {
  const all = new Map(keys.map((k) => [k.name, k]));
  const drawn = new Set<string>();
  const panels: Panel[] = [];
  const add = (key: Key, shape: PanelShape | undefined) => {
    const panel = panelOf(source, key, shape, all);
    for (const line of panel.lines) drawn.add(line.name);
    if (panel.limit) drawn.add(panel.limit);
    panels.push(panel);
  };
  for (const shape of SHAPES) {
    const first = shape.lines.map(([name]) => all.get(name)).find(Boolean);
    if (first) add(first, shape);
  }
  for (const key of keys) {
    const isLimit = /[._]limit$/.test(key.name) && keys.some((k) => k !== key && limitOf(k.name, all) === key.name);
    if (!drawn.has(key.name) && !isLimit) add(key, undefined);
  }
  return panels;
}

/** Series by who was asked and what kind of thing it is, in the order in which a request meets them. */
export function groupsOf(keys: Key[], notes: ProbeNote[]): Group[] {
  const groups = new Map<string, Key[]>();
  for (const key of keys) {
    const at = `${familyOf(key.name)}|${key.source}`;
    groups.set(at, [...(groups.get(at) ?? []), key]);
  }
  const out = [...groups.entries()].map(([key, list]): Group => {
    const { source } = list[0]!;
    const family = familyOf(list[0]!.name);
    const mine = notes.filter((n) => n.source === source && familyOf(n.about) === family);
    return { key, source, family, words: FAMILY_WORDS[family] ?? family, panels: panelsOf(source, list), notes: mine };
  });
  return out.sort((a, b) => FAMILY_ORDER.indexOf(a.family) - FAMILY_ORDER.indexOf(b.family));
}

/** Of each group what fits all words of a search; a source or kind that fits brings all of its own. */
export function search(groups: Group[], text: string): Group[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  return groups
    .map((group) => {
      const head = `${group.source} ${group.words} ${group.family}`.toLowerCase();
      const fits = (panel: Panel) => {
        const all = `${head} ${panel.title} ${panel.lines.map((l) => `${l.name} ${l.label}`).join(' ')} ${panel.limit ?? ''}`.toLowerCase();
        return words.every((w) => all.includes(w));
      };
      return { ...group, panels: group.panels.filter(fits) };
    })
    .filter((group) => group.panels.length > 0);
}

export function hasSeries(panel: Panel, source: string, name: string): boolean {
  return panel.source === source && (panel.limit === name || panel.lines.some((l) => l.name === name));
}

export function formatOf(unit: ProbeUnit): (n: Num) => string {
  switch (unit) {
    case 'share':
      return percent;
    case 'bytes':
      return bytes;
    case 'bytes_per_second':
      return (n) => (n === null ? bytes(n) : `${bytes(n)}/s`);
    case 'seconds':
      return (n) => ms(n === null ? null : n * 1000);
    case 'per_second':
      return rate;
    default:
      return compact;
  }
}

export function unitWord(unit: ProbeUnit): string {
  return unit === 'per_second' ? 'per second' : '';
}

const EMPTY: Num[] = [];

export function find(probes: Probes | undefined, source: string, name: string): ProbeSeries | undefined {
  return probes?.series.find((s) => s.source === source && s.name === name);
}

/** What is drawn of a series: the mean of each point, or the most where the axis asks for it. */
export function valuesOf(probes: Probes | undefined, source: string, name: string): Num[] {
  return find(probes, source, name)?.mean ?? EMPTY;
}

/** A note's figure in the unit of the series it is about. */
export function noteValue(note: ProbeNote, keys: Key[]): string {
  const key = keys.find((k) => k.source === note.source && k.name === note.about);
  return note.value === null ? '' : formatOf(key?.unit ?? (/mean|seconds|longest/.test(note.about) ? 'seconds' : 'count'))(note.value);
}
