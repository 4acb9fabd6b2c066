// k6/crypto: HMAC, and hashers fed in pieces.
import crypto, { createHash, createHMAC, hmac } from 'k6/crypto';
import { attempt, show } from '../lib.js';
export default function () {
  for (const name of ['md4', 'md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256', 'ripemd160']) {
    show(name, hmac(name, 'secret', 'data', 'hex'));
  }
  const hash = createHash('sha256');
  hash.update('hello ');
  hash.update('world');
  show(hash.digest('hex'), hash.digest('hex') === crypto.sha256('hello world', 'hex'));
  const mac = createHMAC('sha256', 'key');
  mac.update('a'); mac.update(new Uint8Array([98]));
  show(mac.digest('base64'), mac.digest('hex') === hmac('sha256', 'key', 'ab', 'hex'));
  show(hmac('sha1', new Uint8Array([1, 2]).buffer, new Uint8Array([3]).buffer, 'hex'));
  attempt('unknown hmac', () => hmac('nope', 'k', 'd', 'hex'));
}
