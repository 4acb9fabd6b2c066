// k6/html: reading pages, with selectors as in jQuery.
import { parseHTML } from 'k6/html';
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 2, iterations: 4 };

export default function () {
  const page = http.get(`${base}/`);
  const doc = page.html(); // the same as parseHTML(page.body)
  check(doc, {
    'title': (d) => d.find('head title').text() === 'Half-time',
    'four links': (d) => d.find('ul li a').size() === 4,
    'the last link': (d) => d.find('ul li').last().children('a').attr('href') === '/api/v1/todos',
  });

  // All links of the page that lead to pages, one after the other.
  const links = doc.find('a').toArray().map((a) => a.attr('href'));
  for (const link of links.filter((href) => !href.startsWith('/api/'))) {
    check(http.get(`${base}${link}`), { 'link works': (r) => r.status === 200 });
  }

  // Fields of a form, by name.
  const form = parseHTML(http.get(`${base}/login`).body).find('form');
  check(form, {
    'it posts': (f) => f.attr('method') === 'post',
    'it asks for two things': (f) => f.serializeArray().map((field) => field.name).join() === 'username,password',
  });
}
