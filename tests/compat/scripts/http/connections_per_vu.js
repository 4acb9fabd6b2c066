// Connections are not shared between VUs.
// order: any
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 3, iterations: 2 } } };
export default function () { show(http.get(`${__ENV.HTTP}/connection`).json('count'), __ITER); }
