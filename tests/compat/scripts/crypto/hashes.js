// k6/crypto: hashes in all encodings.
import crypto from 'k6/crypto';
import { attempt, show } from '../lib.js';
export default function () {
  for (const name of ['md4', 'md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256', 'ripemd160']) {
    show(name, crypto[name]('hello world', 'hex'), crypto[name]('', 'base64'));
  }
  show(crypto.sha256('größe', 'base64url'), crypto.sha256('größe', 'base64rawurl'), Array.from(new Uint8Array(crypto.md5('x', 'binary'))));
  show(crypto.sha1(new Uint8Array([1, 2, 3]).buffer, 'hex'), crypto.sha1(new Uint8Array([1, 2, 3]), 'hex'));
  attempt('encoding', () => crypto.md5('x', 'nope'));
}
