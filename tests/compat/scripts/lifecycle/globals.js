// Which globals there are, and which are not: libraries look.
import { show } from '../lib.js';
export default function () {
  for (const name of ['console', 'open', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'crypto', '__ENV', '__VU',
    '__ITER', 'TextEncoder', 'TextDecoder', 'globalThis', 'Promise', 'Proxy', 'Symbol', 'BigInt', 'WeakMap']) {
    show(name, eval(`typeof ${name}`));
  }
  for (const name of ['fetch', 'window', 'document', 'process', 'Buffer', 'URL', 'URLSearchParams', 'atob', 'btoa', 'structuredClone',
    'XMLHttpRequest', 'WebSocket', 'AbortController', 'Intl', 'Blob', 'queueMicrotask', 'performance', 'global']) {
    show(name, eval(`typeof ${name}`));
  }
  for (const name of ['log', 'info', 'debug', 'warn', 'error', 'table', 'trace', 'dir', 'assert']) {
    show(`console.${name}`, typeof console[name]);
  }
}
