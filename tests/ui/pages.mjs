// Every page of the built interface in Chromium, against the stand-in server of ui/dev: what it shows, how it is worked, that axe finds
// nothing serious in either colour, that 10,000 endpoints and twelve hours do not freeze it, and how much is loaded at first.
//
//   node tests/ui/pages.mjs [--dist build/ui] [--only NAME]

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { argument, browse, check, close, dragOver, load, open, ROOT, runCases, serious, serve } from './support.mjs';

const FIRST_LOAD_MAX = 150 * 1024;
/** Nothing may hold the page up longer, even on a machine that is busy with other things. */
const FREEZE_MS = 1500;
/** Of a table's rows only those in sight are drawn. */
const ROWS_DRAWN_MAX = 150;

const tools = load();
const dist = argument('--dist', join(ROOT, 'build/ui'));
const browser = await browse(tools);

async function mock(...more) {
  const args = [join(ROOT, 'ui/dev/mock.mjs'), '--port', '0', '--dist', dist, ...more];
  return (await serve(process.execPath, args, { pattern: /mock at (\S+)/ })).address;
}

const chip = (page) => page.locator('.window-chip.on');
const cell = (page, label) =>
  page
    .locator('.tile', { has: page.locator(`dt:text-is("${label}")`) })
    .locator('dd')
    .first();

async function firstLoad() {
  const files = ['index.html', ...readdirSync(join(dist, 'assets')).map((f) => `assets/${f}`)];
  const sum = files.reduce((all, f) => all + gzipSync(readFileSync(join(dist, f))).length, 0);
  check('first load is below 150 KiB', sum < FIRST_LOAD_MAX, `${sum} bytes`);
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  check('no inline script or style', !/<script>|<style|style=|onload=/.test(html));
}

async function startAndWatch() {
  const page = await open(browser, await mock('--speed', '8'));
  await page.waitForURL(/#\/start/);
  await page.fill('input[name=users]', '0');
  await page.click('button:has-text("Start")');
  check('a wrong number is told in words', await page.getByText('A whole number of at least 1.').isVisible());
  await page.fill('input[name=users]', '80');
  await page.fill('input[name=spawn_rate]', '16');
  check('what will happen is said', await page.getByText('Ramps to 80 users in 5 s').isVisible());
  await page.fill('input[name=host]', 'nowhere');
  await page.click('button:has-text("Start")');
  check('a wrong host is told', await page.getByText('An address with http:// or https://').isVisible());
  await page.fill('input[name=host]', 'http://127.0.0.1:6400');
  await page.click('button:has-text("Start")');
  await page.waitForURL(/#\/live\/overview/);
  await page.waitForFunction(() => Number(document.querySelector('.legend b')?.textContent.replace(/\D/g, '')) > 100);
  const time = await page.locator('.legend-time').first().textContent();
  await page.waitForFunction((t) => document.querySelector('.legend-time').textContent !== t, time);
  await page.keyboard.press('m');
  await page.fill('dialog input', 'deployed 1.4');
  await page.click('dialog button:has-text("Mark")');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('u');
  await page.fill('dialog input >> nth=0', '120');
  await page.click('dialog button:has-text("Apply")');
  await page.waitForFunction(() => document.querySelector('.tile dd.tile-note').textContent.includes('120'));
  await page.keyboard.press('p');
  await page.locator('.pill:has-text("paused")').waitFor();
  await page.keyboard.press('p');
  await page.locator('.pill:has-text("paused")').waitFor({ state: 'detached' });
  await page.keyboard.press('Shift+S');
  await page.locator('a:has-text("New run")').waitFor();
  await close(page);
}

async function windows() {
  const page = await open(browser, `${await mock()}#/runs/34/overview`);
  await page.locator('.u-over').first().waitFor();
  const all = await cell(page, 'Requests').textContent();
  await dragOver(page, 'Response time', 0.25, 0.5);
  await chip(page).waitFor();
  await page.waitForFunction((before) => document.querySelector('.tile dd').textContent !== before, all);
  const inside = await cell(page, 'Requests').textContent();
  check('fewer requests in a window', inside !== all, `${inside} of ${all}`);
  const text = await chip(page).textContent();
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL(/statistics/);
  check('the window is kept from page to page', (await chip(page).textContent()) === text);
  await page.keyboard.press('Escape');
  await chip(page).waitFor({ state: 'detached' });
  await page.keyboard.press('w');
  await page.fill('dialog input >> nth=0', '0:30');
  await page.fill('dialog input >> nth=1', '0:20');
  check('a window that ends before it begins is refused', await page.getByText('The end must come after').isVisible());
  await page.fill('dialog input >> nth=1', '1:00');
  await page.click('dialog button:has-text("Show the window")');
  await page.locator('.window-chip.on:has-text("00:30–01:00")').waitFor();
  await close(page);
}

async function failures() {
  const page = await open(browser, `${await mock()}#/runs/34/failures`);
  await page.locator('tr.opens', { hasText: '/orders' }).click();
  await page.getByText('Correlation id').waitFor();
  await page.getByText('Response: 500').waitFor();
  check('the response is shown', await page.getByText('pool exhausted').isVisible());
  await page.click('.segments button:has-text("Example 2")');
  await page.click('button:has-text("Look at that window")');
  await chip(page).waitFor();
  await close(page);
}

async function findings() {
  const address = await mock('--autostart', '--speed', '20');
  const page = await open(browser, `${address}#/runs/34/overview`);
  const first = page.locator('section[aria-label="What broke first"] article');
  await first.first().waitFor();
  check('the first one stands on the overview', /database pool is full/.test(await first.first().textContent()));
  check('how sure it is, in words', await first.first().getByText('nearly certain').isVisible());
  await page.click('.tabs >> text=Findings');
  await page.locator('article.finding').nth(1).waitFor();
  check('what to do', await page.getByText('Raise the pool').isVisible());
  await page.locator('.evidence-charts .u-over').first().waitFor();
  await page.waitForFunction(() => /\d/.test(document.querySelector('.evidence-charts .legend b')?.textContent ?? ''));
  await page.locator('a.evidence', { hasText: 'app.pool.waiting' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/probes\?.*from=\d+.*series=app\.pool\.waiting/);
  await chip(page).waitFor();
  await page.locator('.panel-place.marked section[aria-label^="Database pool"]').waitFor();
  check('the picture it leads to is in sight', await page.locator('.panel-place.marked').isVisible());
  await page.goto(`${address}#/runs/30/findings`);
  await page.getByText('Nothing broke').waitFor();
  await page.goto(`${address}#/runs/8/findings`);
  await page.getByText('I can\'t tell').waitFor();
  check('no confidence is claimed', (await page.locator('article .pill').count()) === 0);
  await page.goto(`${address}#/live/findings`);
  await page.getByText(/Nothing has broken so far|as it looks by now/).first().waitFor();
  await close(page);
}

async function probes() {
  const address = await mock('--autostart', '--speed', '8');
  const page = await open(browser, `${address}#/runs/34/probes`);
  await page.locator('section[aria-label^="Database pool"] .u-over').waitFor();
  await page.waitForFunction(() => /\d/.test(document.querySelector('section[aria-label^="Database pool"] .legend b')?.textContent ?? ''));
  check('a limit is a line of its own', await page.locator('section[aria-label^="Database pool"] .legend-label:text-is("limit")').isVisible());
  await page.locator('section[aria-label^="Descriptors"]').scrollIntoViewIfNeeded();
  await page.locator('section[aria-label^="Descriptors"] h3:has-text("of 4,096")').waitFor();
  await page.getByText('SELECT id, title, done, due FROM todos').waitFor();
  await dragOver(page, 'Database pool of http://127.0.0.1:6401/metrics', 0.3, 0.6);
  await chip(page).waitFor();
  await page.waitForTimeout(500);
  const asked = [];
  page.on('request', (r) => r.url().includes('/probes?') && asked.push(r.url()));
  await page.keyboard.press('z');
  await page.waitForFunction(() => document.querySelector('.window-chip [aria-pressed="true"]'));
  await page.waitForTimeout(500);
  check('zoomed: only the window is asked for, in few points', asked.length > 0 && asked.every((u) => /from=\d+/.test(u) && /points=300/.test(u)), asked.join());
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('lock');
  await page.locator('section[aria-label^="Database pool"]').waitFor({ state: 'detached' });
  check('the search finds', await page.locator('section[aria-label^="Waiting of postgres"]').isVisible());
  await page.fill('input[type=search]', 'pool');
  await page.click('button[aria-label="Show Database pool on the overview"]');
  await page.click('.tabs >> text=Overview');
  await page.locator('section[aria-label="Probes"] section[aria-label^="Database pool"] .u-over').waitFor();
  await page.goto(`${address}#/live/overview`);
  const pinned = page.locator('section[aria-label="Probes"] section[aria-label^="Database pool"]');
  await pinned.locator('.legend-time:text-matches(":")').waitFor();
  const time = await pinned.locator('.legend-time').textContent();
  await page.waitForFunction((t) => document.querySelector('.pinned .legend-time').textContent > t, time);
  await page.goto(`${address}#/runs/3/probes`);
  await page.getByText('Nothing was observed').waitFor();
  await close(page);
}

async function traces() {
  const address = await mock();
  const page = await open(browser, `${address}#/runs/34/traces`);
  await page.locator('tr.opens').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('.wf-rows .times-pill').waitFor();
  check('repeated queries are one row', (await page.locator('.wf-rows .times-pill').textContent()) === '×57');
  check('57 bars in it', (await page.locator('.wf-row', { hasText: '×57' }).locator('.wf-bar').count()) === 57);
  check('where the time went', /database/.test(await page.locator('.time-split').textContent()));
  await page.locator('.wf-line', { hasText: '×57' }).click();
  await page.getByText('57 spans alike').waitFor();
  await page.locator('.server-logs .log-line').first().waitFor();
  await page.locator('tr.opens', { hasText: '503' }).first().click();
  await page.locator('.wf-row.failed', { hasText: 'pool.acquire' }).waitFor();
  await page.locator('.log-line.error', { hasText: 'pool timeout' }).waitFor();
  await page.click('.segments >> text="By endpoint"');
  await page.getByText('grows with the size of the answer').waitFor();
  await page.click('.segments >> text="Server log"');
  await page.fill('.server-logs input[type=search]', 'level=error http.status=503');
  await page.waitForFunction(() => {
    const levels = [...document.querySelectorAll('.log-level')].map((e) => e.textContent);
    return levels.length > 0 && levels.every((l) => l === 'error');
  });
  await page.locator('.log-trace').first().click();
  await page.goto(`${address}#/runs/3/traces`);
  await page.getByText('No traces were taken').waitFor();
  await close(page);
}

async function runsAndCompare() {
  const page = await open(browser, `${await mock()}#/runs`);
  await page.locator('tr.opens').first().waitFor();
  await page.fill('input[type=search]', 'planners');
  await page.waitForFunction(() => [...document.querySelectorAll('tr.opens td:nth-child(5)')].every((td) => td.textContent.startsWith('planners')));
  const first = page.locator('tr.opens').first();
  await first.hover();
  await first.locator('button[aria-label^="Note"]').click();
  await page.keyboard.type('pool size 20 to 50');
  await page.keyboard.press('Enter');
  await page.getByText('pool size 20 to 50').waitFor();
  await page.locator('input[aria-label="Compare run 31"]').check();
  await page.locator('input[aria-label="Compare run 34"]').check();
  await page.click('button:has-text("Compare")');
  await page.locator('.verdict-card h2').waitFor();
  check('the verdict is a sentence', /\.$/.test(await page.locator('.verdict-card p').first().textContent()));
  await page.locator('.u-over').first().waitFor();
  await page.goBack();
  await page.fill('input[type=search]', '');
  await page.locator('button[aria-label="Remove run 33"]').click();
  await page.click('dialog button:has-text("Remove")');
  await page.locator('button[aria-label="Remove run 33"]').waitFor({ state: 'detached' });
  await close(page);
}

async function keysAndColours() {
  const page = await open(browser, `${await mock()}#/runs`, {
    colorScheme: 'light',
  });
  await page.locator('tr.opens').first().waitFor();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.keyboard.press('d');
  check('d turns it dark', (await background()) !== light);
  await page.keyboard.press('?');
  await page.locator('dialog:has-text("Keyboard")').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  check('/ goes to the search', await page.evaluate(() => document.activeElement.type === 'search'));
  await page.keyboard.type('d');
  check('letters that are typed are no shortcuts', (await background()) !== light);
  await close(page);
}

async function accessible() {
  const address = await mock('--autostart', '--speed', '8');
  const places = [
    '#/start',
    '#/live/overview',
    '#/runs/34/statistics',
    '#/runs/34/statistics?endpoint=GET%20/todos',
    '#/live/failures',
    '#/runs/34/checks',
    '#/runs/34/overview',
    '#/runs/34/findings',
    '#/runs/8/findings',
    '#/runs/34/probes',
    '#/runs/34/traces',
    '#/runs/34/traces?view=endpoints',
    '#/runs/34/traces?view=logs',
  ];
  places.push(
    '#/live/tasks',
    '#/live/workers',
    '#/live/logs',
    '#/runs/34/script',
    '#/live/export',
    '#/live/exceptions',
    '#/runs',
    '#/compare?runs=31,34',
  );
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(browser, address, { colorScheme, bypassCSP: true });
    for (const place of places) {
      await page.goto(address + place);
      await page.waitForTimeout(200);
      const found = await serious(page, tools.axe, colorScheme === 'dark' ? ['color-contrast'] : undefined);
      check(`axe at ${place}, ${colorScheme}`, found.length === 0, found.join('\n'));
    }
    await close(page);
  }
}

async function large() {
  const page = await open(browser, 'about:blank');
  await page.addInitScript(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, e.duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  await page.goto(`${await mock('--endpoints', '10000', '--autostart')}#/runs/25/statistics`);
  await page.locator('tr.opens').first().waitFor();
  check('all are there', /^10,000/.test(await page.locator('.toolbar [role=status]').textContent()));
  for (let top = 0; top <= 330000; top += 66000) {
    await page.evaluate((y) => document.querySelector('.table-box').scrollTo(0, y), top);
    await page.waitForTimeout(150);
  }
  await page.locator('tr[aria-rowindex="10001"]').waitFor({ state: 'attached' });
  const drawn = await page.locator('tbody tr').count();
  check('only rows in sight are drawn', drawn < ROWS_DRAWN_MAX, String(drawn));
  await page.fill('input[type=search]', '/api/v1/seats/0');
  await page.waitForFunction(() => document.querySelector('.toolbar [role=status]').textContent.includes('with'));
  await page.goto(page.url().replace(/#.*/, '#/runs/21/overview'));
  await page.locator('.u-over').first().waitFor();
  await dragOver(page, 'Throughput', 0.1, 0.9);
  await chip(page).waitFor();
  const longest = await page.evaluate(() => globalThis.longest);
  check('nothing holds the page up', longest < FREEZE_MS, `${Math.round(longest)} ms`);
  console.log(`     10,000 endpoints, twelve hours: at most ${Math.round(longest)} ms without an answer`);
  await close(page);
}

async function phone() {
  const address = await mock('--autostart', '--speed', '8');
  const page = await open(browser, `${address}#/live/overview`, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  for (const place of [
    '#/live/overview',
    '#/live/statistics',
    '#/live/probes',
    '#/runs/34/overview',
    '#/runs/34/findings',
    '#/runs/34/probes',
    '#/runs/34/traces',
    '#/runs/34/traces?view=logs',
    '#/live/failures',
    '#/live/logs',
    '#/start',
    '#/runs',
    '#/compare?runs=31,34',
    '#/runs/34/script',
  ]) {
    await page.goto(address + place);
    await page.waitForTimeout(250);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(`${place} is as wide as the phone`, wide <= 0, `${wide} px more`);
  }
  await close(page);
}

async function emptyAndGone() {
  const address = await mock('--tool', 'none', '--empty');
  const page = await open(browser, address);
  await page.getByText('No runs yet').waitFor();
  await page.goto(`${address}#/runs/999/overview`);
  await page.getByText('There is no run 999 in this ledger.').waitFor();
  await page.goto(`${address}#/compare`);
  await page.getByText('Which runs?').waitFor();
  page.troubles = page.troubles.filter((t) => !t.includes('404'));
  await close(page);
}

await runCases('pages', [
  ['first load', firstLoad],
  ['start, watch, steer, stop', startAndWatch],
  ['windows', windows],
  ['failures and their examples', failures],
  ['what broke first', findings],
  ['probes', probes],
  ['traces and server logs', traces],
  ['runs and compare', runsAndCompare],
  ['keys and colours', keysAndColours],
  ['accessible', accessible],
  ['10,000 endpoints and twelve hours', large],
  ['phone', phone],
  ['empty and gone', emptyAndGone],
]);
await browser.close();
