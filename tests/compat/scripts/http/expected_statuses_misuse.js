// What expectedStatuses refuses.
import http from 'k6/http';
import { attempt } from '../lib.js';
export default function () {
  attempt('none', () => http.expectedStatuses());
  attempt('text', () => http.expectedStatuses('x'));
  attempt('half', () => http.expectedStatuses({ min: 1 }));
  attempt('function', () => http.setResponseCallback(() => true));
}
