// Thresholds that hold: all kinds of expressions.
// compare: log metrics stdout json
import http from 'k6/http';
import { check } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
const counter = new Counter('my_counter');
const gauge = new Gauge('my_gauge');
const rate = new Rate('my_rate');
const trend = new Trend('my_trend');
export const options = {
  thresholds: {
    my_counter: ['count==3', 'count>=3', 'count<=3', 'count===3', 'rate>0'],
    my_gauge: ['value<5', ' value > 1 '],
    my_rate: ['rate>0.5', { threshold: 'rate<=1', abortOnFail: false }],
    my_trend: ['avg<=2', 'min>=1', 'max<4', 'med==2', 'p(90)<3', 'p(99.9) < 3.5', 'p(0)>0'],
    checks: ['rate==1'],
    http_req_duration: ['p(95)<5000'],
    http_req_failed: ['rate<0.01'],
  },
};
export default function () {
  counter.add(3); gauge.add(2);
  [1, 1, 0].forEach((v) => rate.add(v));
  [1, 2, 3].forEach((v) => trend.add(v));
  check(http.get(`${__ENV.HTTP}/get`), { ok: (r) => r.status === 200 });
}
