// Thresholds on parts of metrics, by tags.
// compare: log metrics stdout json
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter } from 'k6/metrics';
const counter = new Counter('my_counter');
export const options = {
  thresholds: {
    'http_reqs{name:a}': ['count==2'],
    'http_reqs{name:a,status:404}': ['count==1'],
    'http_req_duration{expected_response:true}': ['p(95)<5000'],
    'my_counter{ kind : "x" }': ['count==5'],
    'my_counter{kind:none}': ['count==0'],
    'checks{check:fine}': ['rate==1'],
    'group_duration{group:::g}': ['avg<5000'],
    'http_reqs{url:http://nothing.test/a:b}': ['count<1'],
  },
};
export default function () {
  http.get(`${__ENV.HTTP}/get`, { tags: { name: 'a' } });
  http.get(`${__ENV.HTTP}/status/404`, { tags: { name: 'a' } });
  http.get(`${__ENV.HTTP}/get`);
  counter.add(5, { kind: 'x' });
  counter.add(7, { kind: 'y' });
  group('g', () => check(1, { fine: () => true }));
}
