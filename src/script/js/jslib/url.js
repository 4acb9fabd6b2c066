// URL and URLSearchParams, as the WHATWG standard has them for the schemes that load tests use.

const DEFAULT_PORTS = { 'http:': '80', 'https:': '443', 'ws:': '80', 'wss:': '443', 'ftp:': '21' };

function encodeQuery(text) {
  return encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decodeQuery(text) {
  const plain = text.replace(/\+/g, ' ');
  try {
    return decodeURIComponent(plain);
  } catch (error) {
    return plain;
  }
}

export class URLSearchParams {
  #pairs = [];

  #changed = null;

  constructor(init = '', changed = null) {
    this.#changed = changed;
    if (init === null || init === undefined) return;
    if (typeof init === 'object' && typeof init[Symbol.iterator] === 'function') {
      for (const pair of init) {
        const [name, value, more] = [...pair];
        if (value === undefined || more !== undefined) throw new TypeError('Each query pair must be an iterable [name, value] tuple');
        this.#pairs.push([String(name), String(value)]);
      }
    } else if (typeof init === 'object') {
      for (const name of Object.keys(init)) this.#pairs.push([name, String(init[name])]);
    } else {
      this._read(String(init));
    }
  }

  _read(text) {
    this.#pairs = text
      .replace(/^\?/, '')
      .split('&')
      .filter((piece) => piece !== '')
      .map((piece) => {
        const at = piece.indexOf('=');
        return at < 0 ? [decodeQuery(piece), ''] : [decodeQuery(piece.substring(0, at)), decodeQuery(piece.substring(at + 1))];
      });
  }

  #tell() {
    if (this.#changed) this.#changed(this.toString());
  }

  append(name, value) {
    this.#pairs.push([String(name), String(value)]);
    this.#tell();
  }

  delete(name, value) {
    this.#pairs = this.#pairs.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value)));
    this.#tell();
  }

  get(name) {
    const pair = this.#pairs.find(([n]) => n === String(name));
    return pair ? pair[1] : null;
  }

  getAll(name) {
    return this.#pairs.filter(([n]) => n === String(name)).map(([, v]) => v);
  }

  has(name, value) {
    return this.#pairs.some(([n, v]) => n === String(name) && (value === undefined || v === String(value)));
  }

  set(name, value) {
    const at = this.#pairs.findIndex(([n]) => n === String(name));
    if (at < 0) {
      this.#pairs.push([String(name), String(value)]);
    } else {
      this.#pairs[at][1] = String(value);
      this.#pairs = this.#pairs.filter(([n], i) => i <= at || n !== String(name));
    }
    this.#tell();
  }

  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    this.#tell();
  }

  forEach(callback, self) {
    for (const [name, value] of this.#pairs) callback.call(self, value, name, this);
  }

  get size() {
    return this.#pairs.length;
  }

  keys() {
    return this.#pairs.map(([name]) => name).values();
  }

  values() {
    return this.#pairs.map(([, value]) => value).values();
  }

  entries() {
    return this.#pairs.map(([name, value]) => [name, value]).values();
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  toString() {
    return this.#pairs.map(([name, value]) => `${encodeQuery(name)}=${encodeQuery(value)}`).join('&');
  }
}

const SPLIT = /^([a-zA-Z][a-zA-Z0-9+.-]*:)(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/;

function escapePart(text, allowed) {
  return text.replace(/[^\x21-\x7e]|["<>`{}]/g, (c) => (allowed.includes(c) ? c : encodeURIComponent(c)));
}

function dropDots(path) {
  const out = [];
  const pieces = path.split('/');
  pieces.forEach((piece, i) => {
    const last = i === pieces.length - 1;
    if (piece === '..') {
      if (out.length > 1) out.pop();
      if (last) out.push('');
    } else if (piece !== '.') {
      out.push(piece);
    } else if (last) {
      out.push('');
    }
  });
  return out.join('/');
}

function splitAuthority(url, authority) {
  const at = authority.lastIndexOf('@');
  const [user, ...rest] = (at < 0 ? '' : authority.substring(0, at)).split(':');
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.substring(at + 1));
  if (!match) return false;
  url.username = user;
  url.password = rest.join(':');
  url.hostname = match[1].toLowerCase();
  url.port = match[2] && match[2] !== DEFAULT_PORTS[url.protocol] ? String(Number(match[2])) : '';
  return true;
}

function parse(text, base) {
  const url = { protocol: '', username: '', password: '', hostname: '', port: '', pathname: '', search: '', hash: '' };
  const match = SPLIT.exec(text);
  if (!match) return base ? parse(resolve(text, base), null) : null;
  url.protocol = match[1].toLowerCase();
  const special = DEFAULT_PORTS[url.protocol] !== undefined;
  if (match[2] !== undefined && !splitAuthority(url, match[2])) return null;
  if (special && !url.hostname) return null;
  url.pathname = escapePart(match[3], '');
  if (special) url.pathname = dropDots(url.pathname || '/');
  url.search = match[4] && match[4] !== '?' ? escapePart(match[4], '`{}') : '';
  url.hash = match[5] && match[5] !== '#' ? escapePart(match[5], '{}') : '';
  return url;
}

function resolve(reference, base) {
  if (reference.startsWith('//')) return base.protocol + reference;
  if (reference.startsWith('/')) return base.origin + reference;
  if (reference.startsWith('?')) return base.origin + base.pathname + reference;
  if (reference.startsWith('#') || reference === '') return base.origin + base.pathname + base.search + reference;
  return base.origin + base.pathname.replace(/[^/]*$/, '') + reference;
}

export class URL {
  #parts;

  #params;

  constructor(text, base) {
    const from = base === undefined ? null : new URL(String(base));
    const parts = parse(String(text).trim(), from);
    if (!parts) throw new TypeError(`Invalid URL: ${text}`);
    this.#parts = parts;
    this.#params = new URLSearchParams(parts.search, (query) => {
      parts.search = query ? `?${query}` : '';
    });
  }

  static canParse(text, base) {
    try {
      return Boolean(new URL(text, base));
    } catch (error) {
      return false;
    }
  }

  get protocol() { return this.#parts.protocol; }

  set protocol(value) { this.#parts.protocol = `${String(value).replace(/:.*$/, '').toLowerCase()}:`; }

  get username() { return this.#parts.username; }

  set username(value) { this.#parts.username = encodeURIComponent(value); }

  get password() { return this.#parts.password; }

  set password(value) { this.#parts.password = encodeURIComponent(value); }

  get hostname() { return this.#parts.hostname; }

  set hostname(value) { this.#parts.hostname = String(value).toLowerCase(); }

  get port() { return this.#parts.port; }

  set port(value) { this.#parts.port = String(value) === DEFAULT_PORTS[this.protocol] ? '' : String(value); }

  get host() { return this.hostname + (this.port ? `:${this.port}` : ''); }

  set host(value) {
    const kept = { ...this.#parts };
    if (!splitAuthority(this.#parts, String(value))) this.#parts = kept;
    this.#parts.username = kept.username;
    this.#parts.password = kept.password;
  }

  get origin() { return DEFAULT_PORTS[this.protocol] ? `${this.protocol}//${this.host}` : 'null'; }

  get pathname() { return this.#parts.pathname; }

  set pathname(value) { this.#parts.pathname = dropDots(escapePart(String(value).replace(/^(?!\/)/, '/'), '').replace(/[?#]/g, encodeURIComponent)); }

  get search() { return this.#parts.search; }

  set search(value) {
    const query = String(value).replace(/^\?/, '');
    this.#parts.search = query ? `?${escapePart(query, '`{}')}` : '';
    this.#params._read(query);
  }

  get hash() { return this.#parts.hash; }

  set hash(value) {
    const fragment = String(value).replace(/^#/, '');
    this.#parts.hash = fragment ? `#${escapePart(fragment, '{}')}` : '';
  }

  get searchParams() { return this.#params; }

  get href() {
    const user = this.username || this.password ? `${this.username}${this.password ? `:${this.password}` : ''}@` : '';
    const authority = this.hostname || DEFAULT_PORTS[this.protocol] ? `//${user}${this.host}` : '';
    return this.protocol + authority + this.pathname + this.search + this.hash;
  }

  toString() { return this.href; }

  toJSON() { return this.href; }
}

export default { URL, URLSearchParams };
