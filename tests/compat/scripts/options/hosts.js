// hosts: names, wildcards, names with ports; Host and SNI stay.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = {
  hosts: {
    'my.test': '127.0.0.1',
    '*.wild.test': `127.0.0.1:${__ENV.HTTP_PORT}`,
    'ported.test:80': `127.0.0.1:${__ENV.HTTP_PORT}`,
    'special.wild.test': '127.0.0.2',
  },
};
export default function () {
  for (const url of [`http://my.test:${__ENV.HTTP_PORT}/get`, 'http://a.wild.test/get', 'http://ported.test/get']) {
    const r = http.get(url);
    show(r.status, r.remote_ip, r.json('headers.Host'));
  }
}
