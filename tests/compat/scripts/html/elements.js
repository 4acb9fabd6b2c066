// k6/html: elements, whose fields are methods.
import { parseHTML } from 'k6/html';
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const doc = parseHTML(http.get(`${__ENV.HTTP}/html/links`).body);
  const a = doc.find('#second').get(0);
  show(a.id(), a.nodeName(), a.textContent(), a.getAttribute('href'), a.hasAttribute('id'), a.selection().attr('id'), a.innerHTML());
  const li = doc.find('li').get(1);
  show(li.className ? li.className() : 'none', li.nodeType(), li.previousElementSibling ? li.previousElementSibling().textContent() : '', li.parentElement ? li.parentElement().id() : '');
  show(doc.find('li').get().length, doc.find('li').toArray().length);
}
