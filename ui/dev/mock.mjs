// A stand-in for the program's web server (docs/API.md), for work on the page and for its tests: plain Node, no dependencies.
//
//   node dev/mock.mjs [--port 7500] [--endpoints 12] [--tool locust|k6|none] [--dist ../build/ui] [--speed 1] [--autostart] [--shape NAME]
//
// --speed 5: five seconds of the run pass in one. The answers carry the same security headers as the real ones.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Book } from './book.mjs';
import { waterfall } from './observed.mjs';
import { Sitting } from './sitting.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '7500' },
    endpoints: { type: 'string', default: '12' },
    tool: { type: 'string', default: 'locust' },
    dist: { type: 'string', default: fileURLToPath(new URL('../../build/ui', import.meta.url)) },
    speed: { type: 'string', default: '1' },
    shape: { type: 'string' },
    autostart: { type: 'boolean', default: false },
    empty: { type: 'boolean', default: false },
  },
});

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const book = new Book(Number(options.endpoints), options.empty);
const sitting = new Sitting(book, {
  tool: options.tool === 'none' ? null : options.tool,
  endpoints: Number(options.endpoints),
  speed: Number(options.speed),
  shape: options.shape ?? null,
});

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

function json(reply, body, status = 200) {
  reply.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'Content-Security-Policy': POLICY });
  reply.end(body === undefined ? '' : JSON.stringify(body));
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 1048576) throw new Refusal(413, 'too_large', 'The body is larger than 1 MiB.');
  }
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    throw new Refusal(400, 'invalid', 'The body is not JSON.');
  }
}

function runOf(id) {
  const run = id === 'current' ? book.find(sitting.runId) : book.find(Number(id));
  if (!run) throw new Refusal(404, id === 'current' ? 'no_run' : 'not_found', `There is no run ${id} in this ledger.`);
  return run;
}

async function runRoute(request, reply, run, what, query, tail) {
  if (!what) {
    if (request.method === 'GET') return json(reply, book.detail(run));
    if (request.method === 'PATCH') {
      Object.assign(run.info, await bodyOf(request));
      sitting.tell('run', { run: run.info.id, state: 'changed' });
      return json(reply, run.info);
    }
    if (request.method === 'DELETE') {
      if (run.info.state === 'running') throw new Refusal(409, 'state', `Run ${run.info.id} is still running: stop it first.`);
      book.remove(run.info.id);
      sitting.tell('run', { run: run.info.id, state: 'changed' });
      reply.writeHead(204);
      return reply.end();
    }
  }
  if (what === 'script') {
    reply.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Script-Name': run.info.script });
    return reply.end(book.script(run));
  }
  if (what === 'download') {
    reply.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Disposition': `attachment; filename="run-${run.info.id}-${tail}"` });
    return reply.end(book.download(run, tail));
  }
  if (what === 'traces' && tail) {
    const found = waterfall(run, tail);
    if (!found) throw new Refusal(404, 'not_found', 'No spans of that trace were kept: those of the slowest and of failed requests are.');
    return json(reply, found);
  }
  const span = book.span(run, query.get('from'), query.get('to'));
  const answer = book.answer(run, what, span, query);
  if (!answer) throw new Refusal(404, 'not_found', `Nothing is at ${request.url}.`);
  return json(reply, answer);
}

async function api(request, reply, parts, query) {
  const [what, id, sub, tail] = parts;
  if (request.method !== 'GET' && !request.headers['x-halftime']) throw new Refusal(403, 'forbidden', 'The header X-Halftime is missing.');
  if (what === 'state') return json(reply, sitting.state());
  if (what === 'live') return sitting.attach(request, reply);
  if (what === 'runs' && !id) return json(reply, book.list(query));
  if (what === 'runs') return runRoute(request, reply, runOf(id), sub, query, tail);
  if (what === 'compare') return json(reply, book.compare((query.get('runs') ?? '').split(',').map((n) => runOf(n))));
  if (request.method === 'POST' && typeof sitting.commands[what] === 'function') {
    sitting.commands[what](await bodyOf(request), Refusal);
    return json(reply, sitting.state());
  }
  throw new Refusal(404, 'not_found', `Nothing is at ${request.url}.`);
}

async function file(reply, path) {
  const name = normalize(path === '/' ? '/index.html' : path).replace(/^(\.\.[/\\])+/, '');
  const data = await readFile(join(options.dist, name)).catch(() => null);
  if (!data) throw new Refusal(404, 'not_found', `Nothing is at ${path}.`);
  reply.writeHead(200, {
    'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
  });
  reply.end(data);
}

const server = createServer(async (request, reply) => {
  const address = new URL(request.url, 'http://localhost');
  const parts = address.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  try {
    if (parts[0] === 'api') await api(request, reply, parts.slice(2), address.searchParams);
    else await file(reply, address.pathname);
  } catch (e) {
    const refused = e instanceof Refusal;
    if (!refused) console.error(e);
    json(reply, { error: { code: refused ? e.code : 'internal', message: e.message } }, refused ? e.status : 500);
  }
});
server.listen(Number(options.port), '127.0.0.1', () => console.log(`mock at http://127.0.0.1:${server.address().port}/`));
if (options.autostart) sitting.commands.start({ users: 60, spawn_rate: 6, run_time: '5m' });
