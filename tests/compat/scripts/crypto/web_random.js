// The global crypto: random values and UUIDs.
import { kind, show } from '../lib.js';
export default function () {
  const list = new Uint32Array(4);
  show(crypto.getRandomValues(list) === list, list.some((n) => n > 0), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()));
  kind('floats', () => crypto.getRandomValues(new Float32Array(1)));
  kind('too many', () => crypto.getRandomValues(new Uint8Array(70000)));
}
