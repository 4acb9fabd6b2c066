// Response.clickLink().
import http from 'k6/http';
import { attempt, show } from '../lib.js';
export default function () {
  const page = http.get(`${__ENV.HTTP}/html/links`);
  show(page.clickLink().json('args'), page.clickLink({ selector: '#second' }).json('args'));
  show(page.clickLink({ selector: '#rel' }).url, page.clickLink({ params: { headers: { A: 'b' } } }).json('headers.A'));
  attempt('no link', () => http.get(`${__ENV.HTTP}/html/empty`).clickLink());
}
