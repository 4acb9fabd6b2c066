// The default User-Agent.
import http from 'k6/http';
import { show } from '../lib.js';
export default function () { show(http.get(`${__ENV.HTTP}/head-of`).body.split('\n').filter((line) => /agent/i.test(line)).length); }
