// k6/html: finding and reading.
import { parseHTML } from 'k6/html';
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const doc = parseHTML(http.get(`${__ENV.HTTP}/html/links`).body);
  show(doc.find('title').text(), doc.find('li').size(), doc.find('li').length, doc.find('li.a').eq(1).text(), doc.find('li').first().text(), doc.find('li').last().text());
  show(doc.find('a').toArray().map((a) => a.attr('href')), doc.find('a').attr('href'), String(doc.find('a').attr('none')), doc.find('a').attr('none', 'default'));
  show(doc.find('h1').html(), doc.find('h1').text(), doc.find('ul').children().size(), doc.find('ul').children('.b').text(), doc.find('body').attr('class'));
  show(doc.find('li').is('.b'), doc.find('li.b').is('.b'), doc.find('li').has('em').size(), doc.find('h1').has('em').size(), doc.find('li').not('.a').text(), doc.find('li').filter('.a').size());
  show(doc.find('em').parent().attr('id'), doc.find('em').parents().size(), doc.find('em').closest('body').attr('class'), doc.find('li.b').next().text(), doc.find('li.b').prev().text(), doc.find('li.b').siblings().size());
  show(doc.find('li').slice(1).size(), doc.find('li').slice(0, 2).text(), doc.find('li.b').index(), doc.find('table tr').size(), doc.find('td').map((i, e) => e.text()), doc.find('li').contents().size());
  show(doc.find('body').data('number'), doc.find('body').data('json'), doc.find('body').data('flag'), doc.find('body').data('twoWords'), doc.find('.none').size(), doc.find('.none').text() === '', String(doc.find('.none').html()));
  const seen = []; doc.find('li').each((i, e) => seen.push(`${i}:${e.textContent ? e.textContent() : e.text()}`)); show(seen);
  show(doc.find('li').nextAll().size(), doc.find('li').first().nextUntil('.none').size(), doc.find('li').last().prevAll().size(), doc.find('p').end().find('b').text(), doc.find('li').add('a').size());
}
