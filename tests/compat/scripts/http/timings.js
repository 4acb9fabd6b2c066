// Waiting and receiving are told apart.
import http from 'k6/http';
import { about, show } from '../lib.js';
export default function () {
  const slow = http.get(`${__ENV.HTTP}/delay/200`).timings;
  show(about(slow.waiting, 205, 60), slow.receiving < 50, slow.connecting > 0);
  const dripping = http.get(`${__ENV.HTTP}/drip/5/50`).timings;
  show(dripping.waiting < 50, about(dripping.receiving, 250, 80), about(dripping.duration, 255, 90), dripping.connecting, dripping.tls_handshaking);
}
