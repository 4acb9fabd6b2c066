// data_sent and data_received: bytes on the wire, a pair of samples per iteration.
// compare: metrics json
import http from 'k6/http';
export const options = { iterations: 2 };
export default function () {
  http.post(`${__ENV.HTTP}/post`, 'x'.repeat(10000));
  http.get(`${__ENV.HTTP}/large/32`);
}
