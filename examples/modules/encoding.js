// k6/encoding: base64, as in the Authorization header, in tokens and in attachments.
import encoding from 'k6/encoding';
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 1, iterations: 2 };

export default function () {
  const credentials = encoding.b64encode('kettle:secret');
  const page = http.get(`${base}/`, { headers: { Authorization: `Basic ${credentials}` } });
  check(page, { 'credentials were sent': (r) => r.request.headers.Authorization[0] === 'Basic a2V0dGxlOnNlY3JldA==' });

  // The third argument 's' asks for a string; without it comes an ArrayBuffer.
  const token = encoding.b64encode(JSON.stringify({ user: 'kettle', admin: false }), 'rawurl');
  check(token, {
    'safe in a URL': (text) => /^[A-Za-z0-9_-]+$/.test(text),
    'and back': (text) => JSON.parse(encoding.b64decode(text, 'rawurl', 's')).user === 'kettle',
    'as bytes': (text) => new Uint8Array(encoding.b64decode(text, 'rawurl'))[0] === '{'.charCodeAt(0),
  });
}
