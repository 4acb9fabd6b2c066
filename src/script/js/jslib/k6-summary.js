// k6-summary: the end-of-test summary as text in its classic layout, and thresholds as JUnit.

const COLORS = { faint: 2, red: 31, green: 32, cyan: 36 };
const PASS = '\u2713';
const FAIL = '\u2717';
const TIME_UNITS = { s: ['s', 0.001], ms: ['ms', 1], us: ['\u00b5s', 1000] };

function painter(enabled) {
  return (text, ...styles) => (enabled ? `\x1b[${styles.map((name) => COLORS[name]).join(';')}m${text}\x1b[0m` : text);
}

// --- numbers ---

function trimZeros(value, digits) {
  return parseFloat(value.toFixed(digits)).toString();
}

function cut(value, digits) {
  const scale = Math.pow(10, digits);
  return trimZeros(Math.trunc(scale * value) / scale, digits);
}

function bytesText(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
  if (bytes < 10) return `${bytes} B`;
  const power = Math.floor(Math.log(bytes) / Math.log(1000));
  const value = Math.floor((bytes / Math.pow(1000, power)) * 10 + 0.5) / 10;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[power | 0]}`;
}

function durationText(ms, unit) {
  if (TIME_UNITS[unit]) return (ms * TIME_UNITS[unit][1]).toFixed(2) + TIME_UNITS[unit][0];
  if (ms === 0) return '0s';
  if (ms < 0.001) return `${Math.trunc(ms * 1000000)}ns`;
  if (ms < 1) return `${cut(ms * 1000, 2)}\u00b5s`;
  if (ms < 1000) return `${cut(ms, 2)}ms`;
  const seconds = `${cut((ms % 60000) / 1000, ms > 60000 ? 0 : 2)}s`;
  const minutes = Math.trunc(ms / 60000);
  if (minutes < 1) return seconds;
  const hours = Math.trunc(minutes / 60);
  return (hours < 1 ? '' : `${hours}h`) + `${minutes % 60}m${seconds}`;
}

export function humanizeValue(value, metric, timeUnit) {
  if (metric.type === 'rate') return `${(Math.trunc(value * 100 * 100) / 100).toFixed(2)}%`;
  if (metric.contains === 'data') return bytesText(value);
  if (metric.contains === 'time') return durationText(value, timeUnit);
  return trimZeros(value, 6);
}

// --- groups and checks ---

function checkLines(check, indent, paint) {
  if (check.fails === 0) return [paint(`${indent}${PASS} ${check.name}`, 'green')];
  const percent = Math.floor((100 * check.passes) / (check.passes + check.fails));
  return [
    paint(`${indent}${FAIL} ${check.name}`, 'red'),
    paint(`${indent} \u21b3  ${percent}% \u2014 ${PASS} ${check.passes} / ${FAIL} ${check.fails}`, 'red'),
  ];
}

function groupLines(group, indent, paint) {
  const lines = [];
  let inner = indent;
  if (group.name !== '') {
    lines.push(`${indent}\u2588 ${group.name}`, '');
    inner = `${indent}  `;
  }
  const checks = (group.checks || []).map((check) => checkLines(check, inner, paint));
  if (checks.length) lines.push(...[].concat(...checks), '');
  for (const child of group.groups || []) lines.push(...groupLines(child, inner, paint));
  return lines;
}

// --- metrics ---

function columnsOf(metric, unit) {
  const v = metric.values;
  switch (metric.type) {
    case 'counter':
      return [humanizeValue(v.count, metric, unit), `${humanizeValue(v.rate, metric, unit)}/s`];
    case 'gauge':
      return [humanizeValue(v.value, metric, unit), `min=${humanizeValue(v.min, metric, unit)}`, `max=${humanizeValue(v.max, metric, unit)}`];
    case 'rate':
      return [humanizeValue(v.rate, metric, unit), `${PASS} ${v.passes}`, `${FAIL} ${v.fails}`];
    default:
      return ['[no data]'];
  }
}

function trendColumns(metric, stats, unit) {
  return stats
    .filter((name) => metric.values[name] !== undefined)
    .map((name) => [name, name === 'count' ? String(metric.values[name]) : humanizeValue(metric.values[name], metric, unit)]);
}

function titleOf(name) {
  const brace = name.indexOf('{');
  return brace < 0 ? ['', name] : ['  ', `{ ${name.substring(brace + 1, name.length - 1)} }`];
}

function widen(widths, texts) {
  texts.forEach((text, i) => {
    widths[i] = Math.max(widths[i] || 0, text.length);
  });
}

function valueText(metric, columns, widths, paint) {
  if (metric.type === 'trend') {
    return columns
      .map(([name, text], i) => `${name}=${paint(text, 'cyan')}${i + 1 < columns.length ? ' '.repeat(widths.trend[i] - text.length) : ''}`)
      .join(' ');
  }
  const [first, ...rest] = columns;
  const head = paint(first, 'cyan') + ' '.repeat(widths.plain[0] - first.length);
  const tail = rest.map((text, i) => (i + 1 < rest.length ? text + ' '.repeat(widths.plain[i + 1] - text.length) : text)).join(' ');
  return tail ? `${head} ${paint(tail, 'cyan', 'faint')}` : head;
}

function metricLines(data, indent, unit, stats, paint) {
  const names = Object.keys(data.metrics).sort();
  const widths = { plain: [], trend: [] };
  const columns = {};
  let longest = 0;
  for (const name of names) {
    const metric = data.metrics[name];
    const [shift, title] = titleOf(name);
    longest = Math.max(longest, shift.length + title.length);
    if (metric.type === 'trend') {
      columns[name] = trendColumns(metric, stats, unit);
      widen(widths.trend, columns[name].map(([, text]) => text));
    } else {
      columns[name] = columnsOf(metric, unit);
      widen(widths.plain, columns[name]);
    }
  }
  return names.map((name) => {
    const metric = data.metrics[name];
    const [shift, title] = titleOf(name);
    const results = Object.values(metric.thresholds || {});
    const ok = results.every((one) => one.ok);
    const mark = results.length ? paint(ok ? PASS : FAIL, ok ? 'green' : 'red') : ' ';
    const dots = paint(`${'.'.repeat(longest - shift.length - title.length + 3)}:`, 'faint');
    return `${indent}  ${shift}${mark} ${title}${dots} ${valueText(metric, columns[name], widths, paint)}`;
  });
}

export function textSummary(data, options = {}) {
  const own = data.options || {};
  const indent = options.indent === undefined ? ' ' : options.indent;
  const colors = options.enableColors === undefined ? !own.noColor : options.enableColors;
  const unit = options.summaryTimeUnit || own.summaryTimeUnit;
  const stats = options.summaryTrendStats || own.summaryTrendStats || ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];
  const paint = painter(colors);
  const lines = groupLines(data.root_group || { name: '' }, `${indent}    `, paint);
  return lines.concat(metricLines(data, indent, unit, stats, paint)).join('\n');
}

// --- JUnit ---

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeXml = (text) => String(text).replace(/[&<>"']/g, (c) => ESCAPES[c]);

export function jUnit(data, options = {}) {
  const cases = [];
  let failures = 0;
  for (const name of Object.keys(data.metrics)) {
    const thresholds = data.metrics[name].thresholds || {};
    for (const expression of Object.keys(thresholds)) {
      const title = `${escapeXml(name)} - ${escapeXml(expression)}`;
      if (thresholds[expression].ok) {
        cases.push(`<testcase name="${title}" />`);
      } else {
        failures++;
        cases.push(`<testcase name="${title}"><failure message="failed" /></testcase>`);
      }
    }
  }
  const suite = escapeXml(options.name || 'k6 thresholds');
  const counts = `tests="${cases.length}" failures="${failures}"`;
  return `<?xml version="1.0"?>\n<testsuites ${counts}>\n<testsuite name="${suite}" ${counts}>${cases.join('\n')}\n</testsuite >\n</testsuites >`;
}
