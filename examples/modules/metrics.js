// k6/metrics: four kinds of measurements of your own. They are made out here, before the test, and fed inside.
import http from 'k6/http';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

const bytesRead = new Counter('bytes_read'); // a sum, and its rate
const todosNow = new Gauge('todos_now'); // the last value, and the least and the largest
const fullPages = new Rate('full_pages'); // the share of values that are not zero
const timeToFirstByte = new Trend('time_to_first_byte', true); // a distribution; true: the values are milliseconds

export const options = {
  vus: 2,
  iterations: 10,
  thresholds: {
    bytes_read: ['count==150'], // 10 iterations of 15 bytes
    full_pages: ['rate==0.5'],
    'time_to_first_byte{page:about}': ['p(90)<2000'], // tags cut a metric into parts
  },
};

export default function () {
  const health = http.get(`${base}/api/v1/health`);
  bytesRead.add(health.body.length);
  fullPages.add(health.body.length > 100); // true counts as 1, false as 0
  timeToFirstByte.add(health.timings.waiting, { page: 'health' });

  const about = http.get(`${base}/about/`);
  fullPages.add(about.body.length > 100);
  timeToFirstByte.add(about.timings.waiting, { page: 'about' });

  todosNow.add(http.get(`${base}/api/v1/todos?limit=1`).json('#'));
}
