// k6/crypto: random bytes; hexEncode.
import crypto from 'k6/crypto';
import { attempt, show } from '../lib.js';
export default function () {
  const bytes = crypto.randomBytes(16);
  show(bytes instanceof ArrayBuffer, bytes.byteLength, crypto.hexEncode(new Uint8Array([1, 171, 255]).buffer), crypto.hexEncode('az'));
  show(crypto.hexEncode(crypto.randomBytes(8)) !== crypto.hexEncode(crypto.randomBytes(8)));
  attempt('none', () => crypto.randomBytes(0));
  attempt('negative', () => crypto.randomBytes(-1));
}
