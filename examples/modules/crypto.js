// k6/crypto: hashes and signatures of requests. (The WebCrypto API is there as well: the global `crypto`.)
import crypto from 'k6/crypto';
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 1, iterations: 2 };

export default async function () {
  // A signed request, as many APIs want it: a MAC over what is sent, with a shared key.
  const body = JSON.stringify({ title: 'Warm the pot' });
  const signature = crypto.hmac('sha256', 'a shared key', body, 'hex');
  const response = http.post(`${base}/api/v1/todos`, body, {
    headers: { 'Content-Type': 'application/json', 'X-Signature': signature },
  });
  check(response, { 'accepted': (r) => r.status === 201 });
  http.del(`${base}/api/v1/todos/${response.json('id')}`, null, { tags: { name: '/api/v1/todos/ID' } });

  // In pieces, for what does not come at once.
  const hasher = crypto.createHash('sha256');
  hasher.update('ket');
  hasher.update('tle');
  check(hasher.digest('hex'), { 'pieces give the same hash': (hash) => hash === crypto.sha256('kettle', 'hex') });

  check(crypto.md5('kettle', 'base64'), { 'md5': (hash) => hash.length === 24 });
  check(crypto.randomBytes(16), { '16 random bytes': (bytes) => bytes.byteLength === 16 });

  const digest = await globalThis.crypto.subtle.digest('SHA-256', new Uint8Array([0x6b, 0x65, 0x74, 0x74, 0x6c, 0x65]));
  check(crypto.hexEncode(digest), { 'WebCrypto agrees': (hex) => hex === crypto.sha256('kettle', 'hex') });
}
