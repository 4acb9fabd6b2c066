// TextEncoder and TextDecoder.
import { attempt, kind, show } from '../lib.js';
export default function () {
  const bytes = new TextEncoder().encode('aß€🎉');
  show(Array.from(bytes), bytes instanceof Uint8Array, new TextEncoder().encoding, new TextDecoder().encoding);
  show(new TextDecoder().decode(bytes), new TextDecoder('utf-16le').decode(new Uint8Array([97, 0, 223, 0])));
  show(new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])).length, new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])).length);
  show(new TextDecoder().decode(new Uint8Array([97, 0xff, 98])), new TextDecoder().fatal, new TextDecoder('utf8', { fatal: true }).fatal);
  kind('fatal', () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])));
  kind('unknown', () => new TextDecoder('nope'));
}
