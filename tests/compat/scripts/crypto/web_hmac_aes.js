// crypto.subtle: HMAC and AES with imported keys.
import { show } from '../lib.js';
const hex = (buffer) => Array.from(new Uint8Array(buffer)).map((b) => b.toString(16).padStart(2, '0')).join('');
const bytes = (n, from = 0) => new Uint8Array(n).map((_, i) => i + from);
export default async function () {
  const s = crypto.subtle;
  const mac = await s.importKey('raw', bytes(16), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']);
  const signed = await s.sign('HMAC', mac, bytes(5));
  show(hex(signed), await s.verify('HMAC', mac, signed, bytes(5)), await s.verify('HMAC', mac, signed, bytes(6)), mac.type, mac.extractable);
  for (const algorithm of [{ name: 'AES-CBC', iv: bytes(16) }, { name: 'AES-GCM', iv: bytes(12) }, { name: 'AES-CTR', counter: bytes(16), length: 64 }]) {
    const key = await s.importKey('raw', bytes(16, 7), algorithm.name, true, ['encrypt', 'decrypt']);
    const sealed = await s.encrypt(algorithm, key, bytes(20));
    show(algorithm.name, hex(sealed), hex(await s.decrypt(algorithm, key, sealed)) === hex(bytes(20)), hex(await s.exportKey('raw', key)));
  }
}
