// What the tests of the page share: a browser, programs that are started and ended, and a table of cases.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SKIPPED = 77;
const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(SKIPPED);
}

/** Playwright and axe from ui/node_modules; without them, or without a browser, the test is skipped and says so. */
export function load() {
  if (!CHROMIUM) skip('no Chromium (Debian: chromium), or CHROMIUM names none');
  const require = createRequire(join(ROOT, 'ui/package.json'));
  try {
    return {
      chromium: require('playwright-core').chromium,
      axe: require.resolve('axe-core/axe.min.js'),
    };
  } catch {
    return skip('ui/node_modules is missing: run "npm ci" in ui/');
  }
}

export async function browse({ chromium }) {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

const children = new Set();

/** Starts a program and waits for a line that says where it listens; that address is what is given back. */
export function serve(command, args, { pattern, env = {}, cwd } = {}) {
  // A Python that loads sanitized code needs the sanitizers' libraries first, and leaks by itself.
  const preload = args[0] === 'locust' ? process.env.HALFTIME_PRELOAD : '';
  const child = spawn(command, args, {
    env: { ...process.env, ...(preload ? { LD_PRELOAD: preload, ASAN_OPTIONS: 'detect_leaks=0' } : {}), ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  child.ended = new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal)));
  return new Promise((resolve, reject) => {
    let said = '';
    const late = setTimeout(() => reject(new Error(`${command} ${args.join(' ')} did not say where it listens within 30 s:\n${said}`)), 30000);
    const hear = (data) => {
      said += data;
      child.said = said;
      const found = pattern.exec(said);
      if (!found) return;
      clearTimeout(late);
      resolve({ child, address: found[1] });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', (code) => reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${said}`)));
  });
}

export async function end(child, signal = 'SIGTERM') {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  const slow = setTimeout(() => child.kill('SIGKILL'), 15000);
  const code = await child.ended;
  clearTimeout(slow);
  children.delete(child);
  return code;
}

export function check(what, good, more = '') {
  if (!good) throw new Error(`${what}${more ? `: ${more}` : ''}`);
}

const pages = new Set();

/** What the pages showed when something went wrong, into the folder that HALFTIME_UI_SHOTS names. */
async function picture(name) {
  const folder = process.env.HALFTIME_UI_SHOTS;
  for (const page of pages) {
    if (folder && !page.isClosed()) await page.screenshot({ path: join(folder, `failed-${name.replace(/\W+/g, '-')}.png`) }).catch(() => null);
  }
}

/** A page that notes what must not happen: errors in the console (a breach of the content policy is one), exceptions. */
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  pages.add(page);
  page.troubles = [];
  page.on('console', (m) => m.type() === 'error' && page.troubles.push(`${m.text()} ${m.location().url}`));
  page.on('pageerror', (e) => page.troubles.push(e.message));
  page.setDefaultTimeout(20000);
  await page.goto(address);
  return page;
}

export async function close(page) {
  check('the page had errors', page.troubles.length === 0, page.troubles.join('\n'));
  await page.context().close();
}

/** Drags over a chart, from one share of its width to another. */
export async function dragOver(page, title, from, to) {
  const over = page.locator(`section[aria-label="${title}"] .u-over`);
  await page.locator(`section[aria-label="${title}"] .legend-time:text-matches(":")`).waitFor();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y, { steps: 4 });
  await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
  await page.mouse.up();
}

/** What axe finds of serious or worse; of all its rules, or of some. */
export async function serious(page, axe, rules) {
  if (!(await page.evaluate(() => Boolean(globalThis.axe)))) await page.evaluate(readAxe(axe));
  return page.evaluate(async (values) => {
    const only = values ? { runOnly: { type: 'rule', values } } : {};
    const result = await globalThis.axe.run(document, { resultTypes: ['violations'], ...only });
    return result.violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].any[0]?.message ?? ''}`);
  }, rules);
}

function readAxe(path) {
  const require = createRequire(import.meta.url);
  return require('node:fs').readFileSync(path, 'utf8');
}

/** Runs [name, function] cases one after the other; prints what failed and why. */
export async function runCases(title, cases) {
  const only = process.argv.includes('--only') ? new RegExp(process.argv[process.argv.indexOf('--only') + 1]) : null;
  let failed = 0;
  let passed = 0;
  const begun = Date.now();
  for (const [name, run] of cases) {
    if (only && !only.test(name)) continue;
    const folder = mkdtempSync(join(tmpdir(), 'halftime-ui-'));
    const at = Date.now();
    try {
      await run(folder);
      passed++;
      console.log(`ok   ${name} (${((Date.now() - at) / 1000).toFixed(1)} s)`);
    } catch (e) {
      failed++;
      await picture(name);
      console.log(`FAIL ${name}\n${String(e.stack ?? e).replace(/^/gm, '     ')}`);
    } finally {
      for (const page of pages)
        await page
          .context()
          .close()
          .catch(() => null);
      pages.clear();
      for (const child of [...children]) await end(child);
      rmSync(folder, { recursive: true, force: true });
    }
  }
  console.log(`${title}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

export function argument(name, otherwise) {
  const i = process.argv.indexOf(name);
  return i < 0 ? otherwise : process.argv[i + 1];
}
