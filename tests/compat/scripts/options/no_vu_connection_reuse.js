// noVUConnectionReuse: connections last an iteration.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { noVUConnectionReuse: true, iterations: 2 };
export default function () { show([1, 2, 3].map(() => http.get(`${__ENV.HTTP}/connection`).json('count'))); }
