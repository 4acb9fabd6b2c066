// The whole way, with the real program and its practice backend: fill in the form, start, watch the charts move, drag a window, open a
// failure, stop, download, look at runs, compare two. First with a Locust file, then with a k6 script and --ui.
//
//   node tests/ui/flow.mjs --binary build/debug/halftime [--only locust|k6]

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { argument, browse, check, close, dragOver, end, load, open, ROOT, runCases, serve } from './support.mjs';

const tools = load();
const binary = argument('--binary', join(ROOT, 'build/release/halftime'));
const browser = await browse(tools);

const LISTENING = /(http:\/\/127\.0\.0\.1:\d+)/;

async function backend() {
  const args = ['target', '--listen', '127.0.0.1:0', '--admin', 'none', '--fault', 'error-rate=0.1'];
  return (await serve(binary, args, { pattern: LISTENING })).address;
}

const number = (text) => Number(text.replace(/[^\d.]/g, ''));
const tile = async (page, label) =>
  number(
    await page
      .locator('.tile', { has: page.locator(`dt:text-is("${label}")`) })
      .locator('dd')
      .first()
      .textContent(),
  );
const requests = (page) => page.locator('tfoot td').nth(1).textContent().then(number);

async function chartsMove(page) {
  await page.waitForFunction(() => Number(document.querySelector('.legend b')?.textContent.replace(/\D/g, '')) > 0);
  const before = await page.locator('.legend-time').first().textContent();
  await page.waitForFunction((t) => document.querySelector('.legend-time')?.textContent > t, before);
}

/** Waits until the run is so many seconds old. */
async function until(page, seconds) {
  await page.waitForFunction((s) => {
    const [m, sec] = (document.querySelector('.legend-time')?.textContent || '0:0').split(':').map(Number);
    return m * 60 + sec >= s;
  }, seconds);
}

async function windowOf(page) {
  await page.locator('tfoot').waitFor();
  await page.waitForTimeout(2500); // the table is read every other second: it shall have more than the window's
  const all = await requests(page);
  await dragOver(page, 'Throughput', 0.01, 0.06);
  await page.locator('.window-chip.on').waitFor();
  await page.waitForFunction((n) => Number(document.querySelectorAll('tfoot td')[1].textContent.replace(/\D/g, '')) < n, all);
  const inside = await requests(page);
  check('the table is about the window', inside > 0 && inside < all, `${inside} of ${all}`);
  await page.locator('button[aria-label="Leave the window"]').click();
  await page.locator('.window-chip.on').waitFor({ state: 'detached' });
}

async function download(page, name) {
  const wait = page.waitForEvent('download');
  await page.locator(`a.file[href$="${name}"]`).click();
  return readFileSync(await (await wait).path(), 'utf8');
}

async function compareTwo(page, first, second) {
  await page.click('nav >> text="Runs"');
  await page.locator(`input[aria-label="Compare run ${first}"]`).check();
  await page.locator(`input[aria-label="Compare run ${second}"]`).check();
  await page.click('button:has-text("Compare")');
  await page.locator('.verdict-card h2').waitFor();
  const words = await page.locator('.verdict-card p').first().textContent();
  check('the verdict is said in words', words.length > 10, words);
  await page.locator('section[aria-label="Response time"] .u-over').waitFor();
}

async function fill(page, users, host) {
  await page.waitForURL(/#\/start/);
  await page.fill('input[name=users]', String(users));
  await page.fill('input[name=spawn_rate]', '20');
  await page.fill('input[name=run_time]', '1m');
  await page.fill('input[name=host]', host);
  await page
    .getByText(`Ramps to ${users} users`)
    .or(page.getByText(`Starts ${users} users`))
    .waitFor();
  await page.click('button:has-text("Start")');
  await page.waitForURL(/#\/live\/overview/);
}

async function stop(page) {
  await page.click('button:has-text("Stop")');
  await page.locator('a:has-text("New run")').waitFor();
}

async function locust(folder) {
  const host = await backend();
  const script = join(ROOT, 'examples/locust/website.py');
  const env = { HALFTIME_LEDGER: join(folder, 'ledger.db') };
  const started = await serve(binary, ['locust', '-f', script, '--host', host, '--web-port', '0'], {
    pattern: /web interface at (http:\/\/127\.0\.0\.1:\d+)/i,
    env,
  });
  const page = await open(browser, started.address);
  await fill(page, 20, host);
  await chartsMove(page);
  await page.keyboard.press('m');
  await page.fill('dialog input', 'half way');
  await page.click('dialog button:has-text("Mark")');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await until(page, 7);
  check('20 users', (await tile(page, 'Users')) === 20);
  await windowOf(page);
  await page.click('.tabs >> text=Failures');
  await page.locator('tr.opens').first().click();
  await page.locator('.detail .error-box').waitFor();
  check('the failure tells its error', /500/.test(await page.locator('.error-box').textContent()));
  await stop(page);
  await page.click('.tabs >> text=Export');
  const csv = await download(page, 'requests.csv');
  check('CSV in Locust’s columns', csv.startsWith('Type,Name,Request Count,Failure Count,'), csv.slice(0, 80));
  const report = await download(page, 'report.html');
  check('an HTML report', /<!doctype html/i.test(report) && report.includes('/about/'), report.slice(0, 200));
  await page.click('a:has-text("New run")');
  await fill(page, 10, host);
  await chartsMove(page);
  await until(page, 4);
  await stop(page);
  await compareTwo(page, 1, 2);
  await close(page);
  await end(started.child, 'SIGINT');
}

const K6_SCRIPT = `
import http from 'k6/http';
import { check, sleep } from 'k6';
export const options = { vus: 8, duration: '1m' };
export default function () {
  const response = http.get(__ENV.ENDPOINT + '/api/v1/todos', { headers: { 'X-Request-ID': 'visit-' + __VU + '-' + __ITER } });
  check(response, { 'status is 200': (r) => r.status === 200 });
  http.post(__ENV.ENDPOINT + '/api/v1/todos', JSON.stringify({ title: 'tea' }), { headers: { 'Content-Type': 'application/json' } });
  sleep(0.1);
}
`;

async function k6(folder) {
  const ENDPOINT = await backend();
  const script = join(folder, 'visit.js');
  writeFileSync(script, K6_SCRIPT);
  const ledger = join(folder, 'ledger.db');
  const args = ['k6', 'run', '--quiet', '--workers', '2', '--ledger', ledger, '--ui=127.0.0.1:0'];
  const run = () => serve(binary, [...args, script], { pattern: LISTENING, env: { ENDPOINT } });
  const first = await run();
  const page = await open(browser, first.address);
  await page.waitForURL(/#\/live\/overview/);
  await chartsMove(page);
  await until(page, 6);
  await windowOf(page);
  await page.click('.tabs >> text=Checks');
  await page.getByText('status is 200').waitFor();
  await page.click('.tabs >> text=Failures');
  await page.locator('tr.opens', { hasText: 'GET' }).first().click();
  await page.getByText('Response: 500').waitFor();
  check('its correlation id', (await page.locator('.correlation code').textContent()).length > 5);
  await page.click('button:has-text("Stop")');
  await page.waitForFunction(() => !document.querySelector('.button.danger'));
  await first.child.ended;
  page.troubles = page.troubles.filter((t) => !t.includes('ERR_'));
  await close(page);
  const second = await run();
  const again = await open(browser, second.address);
  await again.waitForURL(/#\/live\/overview/);
  await until(again, 4);
  await again.click('button:has-text("Stop")');
  await again.waitForFunction(() => !document.querySelector('.button.danger'));
  await again.context().close();
  await second.child.ended;

  const book = await serve(binary, ['ui', '--ledger', ledger, '--listen', '127.0.0.1:0'], { pattern: LISTENING });
  const later = await open(browser, book.address);
  await later.waitForURL(/#\/runs/);
  await later.locator('tr.opens').first().click();
  await later.click('.tabs >> text=Export');
  check('CSV', (await download(later, 'requests.csv')).includes('/api/v1/todos'));
  check('HTML', /<!doctype html/i.test(await download(later, 'report.html')));
  await compareTwo(later, 1, 2);
  await close(later);
}

const OBSERVED_SCRIPT = `
import http from 'k6/http';
import { sleep } from 'k6';
export const options = { scenarios: { ramp: { executor: 'ramping-vus', startVUs: 1, stages: [{ duration: '8s', target: 16 }, { duration: '2m', target: 16 }], gracefulStop: '1s' } } };
export default function () {
  http.get(__ENV.ENDPOINT + '/api/v1/todos');
  http.post(__ENV.ENDPOINT + '/api/v1/todos', JSON.stringify({ title: 'tea' }), { headers: { 'Content-Type': 'application/json' } });
  sleep(0.05);
}
`;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** A pool of two connections to a database that takes its time: the page says so, and shows where one sees it. */
async function observed(folder) {
  const port = await freePort();
  const receiver = `127.0.0.1:${port}`;
  const faults = ['--fault', 'db-latency=10', '--fault', 'db-pool=2'];
  const target = await serve(binary, ['target', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--otlp', `http://${receiver}`, ...faults], {
    pattern: /admin on (http:\/\/127\.0\.0\.1:\d+)/,
  });
  const ENDPOINT = LISTENING.exec(target.child.said)[1];
  const script = join(folder, 'ramp.js');
  writeFileSync(script, OBSERVED_SCRIPT);
  const args = ['k6', 'run', '--quiet', '--workers', '1', '--ledger', join(folder, 'ledger.db'), '--ui=127.0.0.1:0'];
  args.push('--observe', `prometheus:${target.address}/metrics`, '--observe', 'host', `--traces=${receiver}`, script);
  const run = await serve(binary, args, { pattern: new RegExp(`(http://127\\.0\\.0\\.1:(?!(?:${port}|${target.address.split(':').at(-1)})\\b)\\d+)`), env: { ENDPOINT } });
  const page = await open(browser, run.address);
  page.setDefaultTimeout(60000);
  await page.waitForURL(/#\/live\/overview/);
  await chartsMove(page);
  const finding = page.locator('section[aria-label="What broke first"] article').first();
  await finding.waitFor();
  await page.getByText('The database pool is full').first().waitFor();
  await page.locator('a.evidence[href*="app.pool"]').first().click();
  await page.locator('.window-chip.on').waitFor();
  const pool = page.locator('.panel-place.marked section[aria-label^="Database pool"]');
  await pool.waitFor();
  await page.waitForFunction(() => Number(document.querySelector('.panel-place.marked .legend b')?.textContent) > 0);
  check('a limit is drawn', await pool.locator('.legend-label:text-is("limit")').isVisible());
  await page.click('.tabs >> text=Traces');
  await page.locator('button[aria-label="Leave the window"]').click();
  // Spans are dealt out when their trace has been quiet for some seconds.
  await page.waitForFunction(() => [...document.querySelectorAll('tr.opens td:nth-child(4)')].some((td) => Number(td.textContent) > 0));
  // A request that was among the slowest may not be any more, and its spans are not kept then: the next one.
  let shown = false;
  for (let i = 0; i < 8 && !shown; i++) {
    await page.locator('tr.opens', { has: page.locator('td:nth-child(4):not(.zero)') }).first().click();
    shown = await page
      .locator('.wf-rows .wf-row')
      .nth(1)
      .waitFor({ timeout: 5000 })
      .then(() => true)
      .catch(() => false);
  }
  check('where the time went, span by span', shown);
  check('where the time went', /database|own code/.test(await page.locator('.time-split').textContent()));
  await page.click('button:has-text("Stop")');
  await page.waitForFunction(() => !document.querySelector('.button.danger'));
  await page.click('.tabs >> text=Findings');
  await page.locator('.evidence-charts .u-over').first().waitFor();
  await run.child.ended;
  // The program has ended with its run; and spans of a trace may not be kept, yet or any more.
  page.troubles = page.troubles.filter((t) => !/ERR_|404 .*\/traces\//.test(t));
  await close(page);
}

await runCases('flow', [
  ['locust', locust],
  ['k6 --ui', k6],
  ['what broke first', observed],
]);
await browser.close();
