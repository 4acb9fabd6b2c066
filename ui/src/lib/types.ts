// The shapes of docs/API.md. Absent numbers are null there, never left out.

export type Phase = 'idle' | 'init' | 'running' | 'stopping' | 'ended';
export type Num = number | null;

export interface Ability {
  start: boolean;
  stop: boolean;
  users: boolean;
  rate: boolean;
  pause: boolean;
  reset: boolean;
  mark: boolean;
}

export interface UserClass {
  name: string;
  host: string | null;
  weight: number;
  fixed_count: number;
  tasks: string[];
}

export interface CustomArg {
  name: string;
  flag: string;
  help: string;
  kind: 'text' | 'number' | 'flag' | 'choice' | 'multiple';
  default: string | number | boolean | string[] | null;
  choices: string[] | null;
  required: boolean;
  secret: boolean;
}

export interface StartForm {
  users: Num;
  spawn_rate: Num;
  host: string | null;
  run_time: string | null;
  host_required: boolean;
  hide_common_options: boolean;
  class_picker: boolean;
  classes: UserClass[];
  shape: string | null;
  args: CustomArg[];
}

export interface State {
  version: string;
  phase: Phase;
  state: string;
  run: number | null;
  tool: string | null;
  script: string | null;
  host: string | null;
  users: { active: number; target: Num };
  spawn_rate: Num;
  rate: Num;
  fail_rate: Num;
  elapsed_s: number;
  duration_s: Num;
  paused: boolean;
  started_ms: Num;
  message: string;
  can: Ability;
  start_form: StartForm | null;
}

export interface LiveWorker {
  id: number;
  state: string;
  users?: Num;
  cpu: Num;
  rss_bytes: Num;
}

export interface Second {
  run: number;
  t: number;
  users: Num;
  target: Num;
  rps: Num;
  fails_s: Num;
  p50: Num;
  p95: Num;
  p99: Num;
  max: Num;
  bytes_s: Num;
  workers: LiveWorker[];
}

export interface Mark {
  t: number;
  text: string;
}

export interface Run {
  id: number;
  state: 'running' | 'ended' | 'lost';
  tool: string;
  script: string;
  command: string;
  machine: string;
  git_commit: string | null;
  started_ms: number;
  ended_ms: Num;
  duration_s: Num;
  requests: Num;
  failures: Num;
  users_max: Num;
  rps: Num;
  p50: Num;
  p95: Num;
  p99: Num;
  outcome: string | null;
  exit_code: Num;
  words: string | null;
  label: string;
  focus: string;
  changes: string;
  notes: string;
  links: string;
}

export interface RunDetail extends Run {
  options: unknown;
  script_sha256: string | null;
  /** Seconds in the ledger; null before the first. */
  span: { from: number; to: number } | null;
  marks: Mark[];
}

export type Noteable = 'label' | 'focus' | 'changes' | 'notes' | 'links';

export interface Span {
  from: number;
  to: number;
}

export interface WindowRead extends Span {
  width_s: number;
}

export interface Series {
  window?: WindowRead;
  width_s: number;
  t: number[];
  users: Num[];
  rps: Num[];
  fails_s: Num[];
  p50: Num[];
  p95: Num[];
  p99: Num[];
  max: Num[];
  bytes_s?: Num[];
  marks?: Mark[];
}

export interface Row {
  method: string;
  name: string;
  requests: number;
  failures: number;
  rps: Num;
  fails_s: Num;
  avg: Num;
  min: Num;
  max: Num;
  p50: Num;
  p90: Num;
  p95: Num;
  p99: Num;
  bytes: Num;
}

export interface Table {
  window: WindowRead;
  rows_total: number;
  rows: Row[];
  total: Row;
}

export interface Histogram {
  window: WindowRead;
  count: number;
  bounds: number[];
  counts: number[];
}

export interface Exemplar {
  correlation_id: string | null;
  text: string;
}

export interface Failure {
  method: string;
  name: string;
  error: string;
  count: number;
  /** False: the count is of the whole run, not of the window. */
  exact?: boolean;
  first_s: Num;
  last_s: Num;
  exemplars: Exemplar[];
}

export interface ExceptionRow {
  count: number;
  message: string;
  traceback: string;
  nodes: string[];
}

export interface Check {
  name: string;
  group: string;
  passes: number;
  fails: number;
}

export interface Threshold {
  metric: string;
  expression: string;
  ok: boolean;
  observed: Num | string;
}

export interface LogLine {
  seq?: number;
  at_ms: number;
  level: string;
  text: string;
}

export interface Worker extends LiveWorker {
  name?: string | null;
  lag_ms: Num;
  late_ms: Num;
}

export interface TaskNode {
  ratio: number;
  tasks?: Record<string, TaskNode>;
}

export interface Tasks {
  per_class?: Record<string, TaskNode>;
  total?: Record<string, TaskNode>;
}

export interface Evidence {
  /** Both empty: a figure of the load itself. */
  source: string;
  series: string;
  from_s: Num;
  to_s: Num;
  text: string;
}

export interface Finding {
  kind: string;
  level: 'error' | 'warning' | 'note';
  title: string;
  confidence: number;
  impact: number;
  text: string;
  remedy: string;
  evidence: Evidence[];
  endpoints: string[];
}

export interface Findings {
  words: string | null;
  findings: Finding[];
  percentiles?: string;
}

export type ProbeUnit = 'count' | 'per_second' | 'share' | 'bytes' | 'bytes_per_second' | 'seconds';

export interface ProbeSeries {
  source: string;
  name: string;
  unit: ProbeUnit;
  mean: Num[];
  max: Num[];
}

export interface ProbeNote {
  source: string;
  about: string;
  text: string;
  value: Num;
}

export interface Probes {
  window: WindowRead;
  width_s: number;
  t: number[];
  series: ProbeSeries[];
  notes: ProbeNote[];
}

export interface TraceRow {
  trace: string;
  span: string;
  endpoint: string;
  at_ms: number;
  duration_ms: number;
  status: number;
  failed: boolean;
  error: string;
  bytes: number;
  /** Of the system under test; 0: none came, there is no waterfall. */
  spans: number;
}

export interface TraceSummary {
  endpoint: string;
  requests: number;
  errors: number;
  seconds: number;
  parts: { service: string; kind: string; spans: number; errors: number; seconds: number }[];
  statements: { text: string; requests: number; spans: number; most: number; seconds: number }[];
  database_spans: { p50: Num; p95: Num; max: Num };
  repeats: { p50: Num; p95: Num; max: Num };
  grows_with_size: Num;
  grows_with_time: Num;
}

export interface Traces {
  /** Null: traces were not taken. */
  counts: Record<string, number> | null;
  traces: TraceRow[];
  summaries: TraceSummary[];
}

export interface TraceSpan {
  id: string;
  parent: string;
  depth: number;
  service?: string;
  name?: string;
  kind?: string;
  start_ms: number;
  duration_ms: number;
  self_ms: number;
  failed: boolean;
  error?: string;
  statement?: string;
  attributes?: Record<string, string>;
}

export interface Waterfall {
  trace: string;
  span: string;
  endpoint?: string;
  /** By how much the spans were moved, because the server's clock disagrees. */
  clock_ms: number;
  request: { at_ms: number; duration_ms: number; status: number; failed: boolean; error?: string; bytes: number };
  spans: TraceSpan[];
  left_out: number;
}

export interface ServerLog {
  at_ms: number;
  level: string;
  trace: string;
  span: string;
  line: Record<string, unknown>;
}

export type Verdict = 'same' | 'faster' | 'slower' | 'unsure' | 'too little';

export interface QuantileDiff {
  p: number;
  before: Num;
  after: Num;
  low: Num;
  high: Num;
  verdict: Verdict;
}

export interface ComparedEndpoint {
  method: string;
  name: string;
  requests: [number, number];
  quantiles: QuantileDiff[];
  rps: { before: Num; after: Num };
  error_rate: { before: Num; after: Num };
}

export interface Pair {
  before: number;
  after: number;
  verdict: Verdict;
  text: string;
  endpoints: ComparedEndpoint[];
}

export interface Comparison {
  runs: Run[];
  pairs: Pair[];
  series: (Series & { run: number })[];
}
