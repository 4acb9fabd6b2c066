// k6/encoding.
import encoding from 'k6/encoding';
import { attempt, show } from '../lib.js';
export default function () {
  const odd = new Uint8Array([255, 254, 253, 0, 62, 63]);
  for (const name of [undefined, 'std', 'rawstd', 'url', 'rawurl']) {
    const packed = encoding.b64encode(odd.buffer, name);
    show(String(name), packed, encoding.b64encode('größe?', name), Array.from(new Uint8Array(encoding.b64decode(packed, name))));
  }
  show(encoding.b64decode('Z3LDtsOfZQ==', 'std', 's'), encoding.b64decode('', 'std', 's') === '', encoding.b64encode(''));
  show(encoding.b64decode('aGk=') instanceof ArrayBuffer, encoding.b64decode('aGk', 'rawstd', 's'), encoding.b64encode(new Uint8Array([104, 105])));
  attempt('bad', () => encoding.b64decode('***', 'std', 's'));
  attempt('padding', () => encoding.b64decode('aGk', 'std', 's'));
  attempt('unknown', () => encoding.b64encode('x', 'nope'));
}
