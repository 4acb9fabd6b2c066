// CSV in and out, for the calls that load tests make: parse(text, config) and unparse(rows, config).

const DELIMITERS = [',', '\t', '|', ';', '\x1e', '\x1f'];
const SNIFFED_ROWS = 10;

// Rows of text fields. Quoted fields may hold delimiters, line ends and doubled quotes.
function split(text, delimiter, quote, comments, limit) {
  const rows = [];
  const errors = [];
  let row = [];
  let at = 0;
  const end = () => {
    rows.push(row);
    row = [];
    return limit > 0 && rows.length >= limit;
  };
  const lineEnd = (i) => (text[i] === '\r' && text[i + 1] === '\n' ? 2 : Number(text[i] === '\n' || text[i] === '\r'));
  while (at < text.length) {
    if (comments && row.length === 0 && text.startsWith(comments, at)) {
      while (at < text.length && !lineEnd(at)) at++;
      at += lineEnd(at);
      continue;
    }
    let field = '';
    if (text[at] === quote) {
      for (at++; ; at++) {
        const close = text.indexOf(quote, at);
        if (close < 0) {
          errors.push({ type: 'Quotes', code: 'MissingQuotes', message: 'Quoted field unterminated', row: rows.length });
          field += text.substring(at);
          at = text.length;
          break;
        }
        field += text.substring(at, close);
        at = close + 1;
        if (text[at] !== quote) break;
        field += quote;
      }
    }
    const from = at;
    while (at < text.length && !text.startsWith(delimiter, at) && !lineEnd(at)) at++;
    row.push(field + text.substring(from, at));
    if (at < text.length && text.startsWith(delimiter, at)) {
      at += delimiter.length;
      if (at === text.length) row.push('');
      continue;
    }
    at += lineEnd(at);
    if (end()) return { rows, errors };
  }
  if (row.length) end();
  return { rows, errors };
}

// The delimiter that gives the most even rows of the most fields.
function sniff(text, quote, comments) {
  let best = ',';
  let bestFields = 1.99;
  let bestChange = Infinity;
  for (const delimiter of DELIMITERS) {
    const rows = split(text, delimiter, quote, comments, SNIFFED_ROWS).rows.filter((row) => row.length > 1 || row[0] !== '');
    const fields = rows.reduce((sum, row) => sum + row.length, 0) / (rows.length || 1);
    let change = 0;
    for (let i = 1; i < rows.length; i++) change += Math.abs(rows[i].length - rows[i - 1].length);
    if (fields > bestFields && change <= bestChange) {
      best = delimiter;
      bestFields = fields;
      bestChange = change;
    }
  }
  return best;
}

function typed(value) {
  if (value === 'true' || value === 'TRUE') return true;
  if (value === 'false' || value === 'FALSE') return false;
  if (/^\s*-?(\d+\.?|\.\d+|\d+\.\d+)([eE][-+]?\d+)?\s*$/.test(value)) return parseFloat(value);
  return value === '' ? null : value;
}

function typedBy(dynamicTyping, field) {
  if (typeof dynamicTyping === 'function') return dynamicTyping(field);
  return dynamicTyping === true || Boolean(dynamicTyping && dynamicTyping[field]);
}

function isEmpty(row, mode) {
  return mode === 'greedy' ? row.join('').trim() === '' : row.length === 1 && row[0].length === 0;
}

export function parse(input, config = {}) {
  const text = String(input).replace(/^\ufeff/, '');
  const quote = config.quoteChar === undefined ? '"' : config.quoteChar;
  const comments = config.comments === true ? '#' : config.comments || '';
  const delimiter = (typeof config.delimiter === 'function' ? config.delimiter(text) : config.delimiter) || sniff(text, quote, comments);
  const { rows: all, errors } = split(text, delimiter, quote, comments, config.header || config.skipEmptyLines ? 0 : config.preview || 0);
  let rows = config.skipEmptyLines ? all.filter((row) => !isEmpty(row, config.skipEmptyLines)) : all;
  let fields;
  if (config.header && rows.length) {
    fields = rows[0].map((name, i) => (config.transformHeader ? config.transformHeader(name, i) : name));
    rows = rows.slice(1);
  }
  if (config.preview) rows = rows.slice(0, config.preview);
  const data = rows.map((row, number) => {
    const values = row.map((value, i) => {
      const field = fields ? fields[i] : i;
      const changed = config.transform ? config.transform(value, field) : value;
      return typedBy(config.dynamicTyping, field) ? typed(changed) : changed;
    });
    if (!fields) return values;
    const object = {};
    values.forEach((value, i) => {
      if (i < fields.length) object[fields[i]] = value;
      else (object.__parsed_extra = object.__parsed_extra || []).push(value);
    });
    if (values.length !== fields.length) {
      const few = values.length < fields.length;
      errors.push({
        type: 'FieldMismatch',
        code: few ? 'TooFewFields' : 'TooManyFields',
        message: `Too ${few ? 'few' : 'many'} fields: expected ${fields.length} fields but parsed ${values.length}`,
        row: number,
      });
    }
    return object;
  });
  const linebreak = (/\r\n|\n|\r/.exec(text) || ['\n'])[0];
  const results = { data, errors, meta: { delimiter, linebreak, aborted: false, truncated: false, cursor: text.length } };
  if (fields) results.meta.fields = fields;
  if (config.step) data.forEach((row) => config.step({ data: row, errors: [], meta: results.meta }));
  if (config.complete) config.complete(results);
  return results;
}

export function unparse(input, config = {}) {
  const quote = config.quoteChar || '"';
  const delimiter = config.delimiter || ',';
  const rows = Array.isArray(input) ? input : input.data;
  const objects = rows.length > 0 && !Array.isArray(rows[0]) && typeof rows[0] === 'object';
  const fields = config.columns || (Array.isArray(input) ? objects && Object.keys(rows[0]) : input.fields);
  const quoted = (value) => {
    if (value === null || value === undefined) return '';
    const text = value instanceof Date ? JSON.stringify(value).slice(1, -1) : String(value);
    const needs = config.quotes === true || text.includes(delimiter) || text.includes(quote) || /[\r\n]|^\s|\s$/.test(text);
    return needs ? quote + text.split(quote).join(quote + quote) + quote : text;
  };
  const lines = rows.map((row) => (objects ? fields.map((name) => row[name]) : row).map(quoted).join(delimiter));
  if (fields && fields.length && config.header !== false) lines.unshift(fields.map(quoted).join(delimiter));
  return lines.join(config.newline || '\r\n');
}

export default { parse, unparse };
