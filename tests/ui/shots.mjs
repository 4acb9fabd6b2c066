// Screenshots of every page, light and dark, desktop and phone: to be looked at, and for docs/images.
//
//   node tests/ui/shots.mjs BASE FOLDER [PAGE…]          BASE: address of the program or of ui/dev/mock.mjs with a run under way

import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(new URL('../../ui/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const [base, folder, ...only] = process.argv.slice(2);

const PAGES = {
  start: '#/start',
  overview: '#/live/overview',
  window: '#/live/overview?from=8&to=22',
  findings: '#/runs/34/findings',
  findinglive: '#/live/findings',
  nofindings: '#/runs/30/findings',
  probes: '#/runs/34/probes',
  probelive: '#/live/probes',
  probewindow: '#/runs/34/probes?from=20&to=60&source=http%3A%2F%2F127.0.0.1%3A6401%2Fmetrics&series=app.pool.waiting',
  traces: '#/runs/34/traces',
  waterfall: '#/runs/34/traces!trace',
  failedtrace: '#/runs/34/traces!failed',
  byendpoint: '#/runs/34/traces?view=endpoints',
  serverlog: '#/runs/34/traces?view=logs',
  statistics: '#/live/statistics',
  endpoint: '#/live/statistics?endpoint=GET%20/todos',
  failures: '#/live/failures',
  exceptions: '#/live/exceptions',
  checks: '#/runs/34/checks',
  tasks: '#/live/tasks',
  workers: '#/live/workers',
  logs: '#/live/logs',
  script: '#/runs/34/script',
  export: '#/live/export',
  runs: '#/runs',
  run: '#/runs/32/overview',
  compare: '#/compare?runs=33,34',
  empty: '#/compare',
  help: '#/live/overview!help',
};
const SCREENS = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const [screen, viewport] of Object.entries(SCREENS)) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({
      viewport,
      colorScheme,
      hasTouch: screen === 'phone',
      deviceScaleFactor: Number(process.env.SCALE ?? 1),
    });
    const page = await context.newPage();
    page.on('console', (m) => m.type() === 'error' && console.log(`${screen} ${colorScheme}: ${m.text()}`));
    page.on('pageerror', (e) => console.log(`${screen} ${colorScheme}: ${e.message}`));
    for (const [name, hash] of Object.entries(PAGES)) {
      const [address, extra] = hash.split('!');
      if (only.length && !only.includes(name)) continue;
      await page.goto('about:blank');
      await page.goto(`${base}${address}`);
      await page.waitForTimeout(900);
      if (extra === 'help') await page.keyboard.press('?');
      if (name === 'failures') await page.locator('tr.opens').nth(1).click();
      if (extra === 'trace') await page.locator('tr.opens').nth(0).click();
      if (extra === 'failed') await page.locator('tr.opens', { hasText: '503' }).first().click();
      await page.waitForTimeout(extra || name === 'failures' ? 500 : 100);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) console.log(`${screen} ${name}: ${wide} px too wide`);
      await page.screenshot({
        path: join(folder, `${name}-${screen}-${colorScheme}.png`),
      });
    }
    await context.close();
  }
}
await browser.close();
