// Forms: fields as an object, or the form of a page filled in and sent.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 2, iterations: 4 };

export default function () {
  // An object as the body is sent as application/x-www-form-urlencoded.
  const plain = http.post(`${base}/login`, { username: 'kettle & tea', password: 'secret' });
  check(plain, {
    'sent as a form': (r) => r.request.headers['Content-Type'][0] === 'application/x-www-form-urlencoded',
    'characters are escaped': (r) => r.request.body === 'password=secret&username=kettle+%26+tea',
    'the name arrived': (r) => r.json('user') === 'kettle & tea',
  });

  // The form of a page: its action, its method and its own fields are read from the page.
  const page = http.get(`${base}/login`);
  const sent = page.submitForm({ formSelector: 'form', fields: { username: 'assam', password: 'secret' } });
  check(sent, { 'logged in by the form': (r) => r.json('user') === 'assam' });

  // And a link of a page.
  const about = http.get(`${base}/`).clickLink({ selector: 'a[href*="about"]' });
  check(about, { 'the link leads to About': (r) => r.url === `${base}/about/` });
}
