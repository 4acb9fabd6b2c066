// By default connections last over iterations.
import http from 'k6/http';
import { show } from '../lib.js';
export const options = { iterations: 2 };
export default function () { show([1, 2, 3].map(() => http.get(`${__ENV.HTTP}/connection`).json('count'))); }
