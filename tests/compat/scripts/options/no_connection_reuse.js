// noConnectionReuse: each request on a connection of its own.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { noConnectionReuse: true };
export default function () { show([1, 2, 3].map(() => http.get(`${__ENV.HTTP}/connection`).json('count'))); }
