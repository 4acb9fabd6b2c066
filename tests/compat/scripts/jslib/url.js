// URL and URLSearchParams.
// golden: by hand
import { URL, URLSearchParams } from 'https://jslib.k6.io/url/1.0.0/index.js';
import { show } from '../lib.js';
export default function () {
  const url = new URL('https://user:pw@example.test:8080/a/b?x=1&y=2#frag');
  show(url.hostname, url.port, url.pathname, url.search, url.hash, url.protocol, url.searchParams.get('y'));
  url.searchParams.append('z', 'a b');
  show(url.toString(), new URLSearchParams([['k', 'v'], ['k', 'w']]).toString(), new URLSearchParams({ a: '1' }).get('a'));
}
