// crypto.subtle.digest.
import { show } from '../lib.js';
const hex = (buffer) => Array.from(new Uint8Array(buffer)).map((b) => b.toString(16).padStart(2, '0')).join('');
export default async function () {
  const data = new Uint8Array([104, 105]);
  for (const name of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) show(name, hex(await crypto.subtle.digest(name, data)));
  show(hex(await crypto.subtle.digest({ name: 'sha-256' }, data.buffer)));
  try { await crypto.subtle.digest('nope', data); } catch (error) { show('unknown', error.name); }
}
