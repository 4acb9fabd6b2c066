// Requests of setup and teardown count, under groups of their own; they are no iterations.
// compare: log metrics json
import http from 'k6/http';
import { check } from 'k6';
export function setup() { check(http.get(`${__ENV.HTTP}/get`), { 'setup ok': (r) => r.status === 200 }); }
export default function () { http.get(`${__ENV.HTTP}/get?main`); }
export function teardown() { http.get(`${__ENV.HTTP}/get?teardown`); }
