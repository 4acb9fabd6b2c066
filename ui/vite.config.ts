import { defineConfig } from 'vite';

// The page is served from the binary below any base path, under a policy that forbids inline scripts and styles.
export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    outDir: '../build/ui',
    emptyOutDir: true,
    target: 'es2021',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: true,
  },
  server: {
    host: '127.0.0.1',
    port: 7501,
    proxy: { '/api': { target: `http://127.0.0.1:${process.env.MOCK_PORT ?? 7500}` } },
  },
});
