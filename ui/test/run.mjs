// Bundles each test/*.test.ts with the esbuild that Vite brings, and hands them to Node's own test runner. Node 18 has neither a browser's
// globals nor TypeScript: the few that modules touch when they are loaded are stood in for.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'halftime-ui-test-'));
const stand = `
const store = () => ({ getItem: () => null, setItem() {} });
globalThis.localStorage ??= store(); globalThis.sessionStorage ??= store();
globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} });
`;
const esbuild = await import('esbuild').catch(() => null);
if (!esbuild) {
  rmSync(out, { recursive: true, force: true });
  console.log('skipped: ui/node_modules is missing: run "npm ci" in ui/');
  process.exit(77);
}
try {
  await esbuild.build({
    entryPoints: readdirSync(here)
      .filter((f) => f.endsWith('.test.ts'))
      .map((f) => join(here, f)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.css': 'empty' },
    banner: { js: stand },
    logLevel: 'warning',
  });
  const files = readdirSync(out).map((f) => join(out, f));
  const done = spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' });
  process.exitCode = done.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
