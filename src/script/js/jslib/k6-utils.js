// k6-utils: random values, text, stages; and a check() that awaits.
import { check as builtInCheck } from 'k6';
import exec from 'k6/execution';

export function randomIntBetween(min, max) {
  return min + Math.floor(Math.random() * (max - min + 1));
}

export function randomItem(list) {
  return list[Math.floor(Math.random() * list.length)];
}

export function randomString(length, charset = 'abcdefghijklmnopqrstuvwxyz') {
  let text = '';
  while (text.length < length) text += charset[Math.floor(Math.random() * charset.length)];
  return text;
}

export function uuidv4(secure = false) {
  if (secure && globalThis.crypto) return globalThis.crypto.randomUUID();
  let text = '';
  for (let i = 0; i < 36; i++) {
    if (i === 8 || i === 13 || i === 18 || i === 23) text += '-';
    else if (i === 14) text += '4';
    else text += (i === 19 ? 8 + Math.floor(Math.random() * 4) : Math.floor(Math.random() * 16)).toString(16);
  }
  return text;
}

// The text between two markers; null when there is none. repeat: all of them, as a list.
export function findBetween(content, left, right, repeat = false) {
  const found = [];
  let at = 0;
  for (;;) {
    const from = content.indexOf(left, at);
    if (from < 0) break;
    const to = content.indexOf(right, from + left.length);
    if (to < 0) break;
    found.push(content.substring(from + left.length, to));
    if (!repeat) return found[0];
    at = to + right.length;
  }
  return repeat && found.length ? found : null;
}

// Stages along a bell curve: the middle two thirds of the time go to the bell, the rest to getting there and back.
export function normalDistributionStages(maxVus, durationSeconds, numberOfStages = 10) {
  const edge = Math.ceil(durationSeconds / 6);
  const each = Math.ceil((4 * durationSeconds) / (6 * numberOfStages));
  const stages = [];
  for (let i = 0; i <= numberOfStages; i++) {
    const x = (4 * i) / numberOfStages - 2;
    stages.push({ duration: `${i === 0 ? edge : each}s`, target: Math.round(maxVus * Math.exp((-x * x) / 2)) });
  }
  stages.push({ duration: `${edge}s`, target: 0 });
  return stages;
}

const UNIT_MS = { d: 86400000, h: 3600000, m: 60000, s: 1000, ms: 1 };

// "1d5h31m20s7ms" in milliseconds.
export function parseDuration(text) {
  if (text === null || text === undefined || String(text).length < 1) throw new Error('str is empty');
  const source = String(text);
  const seen = {};
  let total = 0;
  let at = 0;
  while (at < source.length) {
    const match = /^(\d+(?:\.\d+)?)(ms|[dhms])?/.exec(source.substring(at));
    if (!match) throw new Error(`${source.substring(at)} is an unsupported time unit`);
    const unit = match[2] || (at === 0 && match[0].length === source.length ? 'ms' : '');
    if (!UNIT_MS[unit]) throw new Error(`${source.substring(at + match[1].length)} is an unsupported time unit`);
    if (seen[unit]) throw new Error(`${unit} time unit is provided multiple times`);
    seen[unit] = true;
    total += Number(match[1]) * UNIT_MS[unit];
    at += match[0].length;
  }
  return total;
}

function currentScenario() {
  if (!exec || !exec.test || !exec.test.options || !exec.test.options.scenarios) {
    throw new Error('k6/execution.test.options is undefined - getCurrentStageIndex requires a k6 v0.38.0 or later. Please, upgrade for getting k6/execution.test.options supported.');
  }
  const scenario = exec.test.options.scenarios[exec.scenario.name];
  if (!scenario) throw new Error(`the exec.test.options object doesn't contain the current scenario ${exec.scenario.name}`);
  if (!scenario.stages) {
    throw new Error(`only ramping-vus or ramping-arrival-rate supports stages, it is not possible to get a stage index on other executors.`);
  }
  if (scenario.stages.length < 1) throw new Error(`the current scenario ${scenario.name} doesn't contain any stage`);
  return scenario;
}

export function getCurrentStageIndex() {
  const stages = currentScenario().stages;
  const elapsed = new Date() - exec.scenario.startTime;
  let until = 0;
  for (let i = 0; i < stages.length; i++) {
    until += parseDuration(stages[i].duration);
    if (elapsed < until) return i;
  }
  return stages.length - 1;
}

export function tagWithCurrentStageIndex() {
  exec.vu.tags.stage = getCurrentStageIndex();
}

export function tagWithCurrentStageProfile() {
  const scenario = currentScenario();
  const index = getCurrentStageIndex();
  const start = scenario.startVUs !== undefined && scenario.startVUs !== null ? scenario.startVUs : scenario.startRate;
  const before = index > 0 ? scenario.stages[index - 1].target : start;
  const target = scenario.stages[index].target;
  let profile = 'steady';
  if (target > before) profile = 'ramp-up';
  else if (target < before) profile = 'ramp-down';
  exec.vu.tags.stage_profile = profile;
}

const isPromise = (value) => value !== null && typeof value === 'object' && typeof value.then === 'function';

// Like the built-in check, for values and conditions that may be promises or async functions: then its result is a promise.
export function check(value, sets, tags) {
  if (isPromise(value)) return value.then((settled) => check(settled, sets, tags));
  const ready = {};
  const waiting = [];
  for (const name of Object.keys(sets)) {
    const result = typeof sets[name] === 'function' ? sets[name](value) : sets[name];
    if (isPromise(result)) waiting.push(result.then((settled) => [name, settled]));
    else ready[name] = result;
  }
  const passed = Object.keys(ready).length === 0 || builtInCheck(value, ready, tags);
  if (!waiting.length) return passed;
  return Promise.all(waiting).then((rows) => rows.reduce((all, [name, result]) => builtInCheck(value, { [name]: result }, tags) && all, passed));
}
