// httpDebug shows what is sent and received.
// args: --http-debug=full
import http from 'k6/http';
export default function () {
  // Without it k6 shows an Accept-Encoding that it does not send. The answer has no header: k6 shows them sorted.
  http.request('GET', `${__ENV.HTTP}/status/204`, 'a body', { headers: { 'Accept-Encoding': 'identity', 'X-Own': '1' } });
}
