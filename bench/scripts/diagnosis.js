// The loads of bench/diagnosis: what users do (MIX), how many come and when (SHAPE); all of it from the environment.
import http from 'k6/http';
import { sleep } from 'k6';

const B = __ENV.BASE, MIX = __ENV.MIX, USERS = +__ENV.USERS, RATE = +__ENV.RATE, THINK = +__ENV.THINK, S = +__ENV.SECONDS;
const ASSETS = ['shop.css', 'shop.js', 'gallery.js', 'product.css'];

const shapes = {
  ramp: { executor: 'ramping-vus', startVUs: 1, stages: [{ duration: `${Math.ceil(S * 0.6)}s`, target: USERS }, { duration: `${S - Math.ceil(S * 0.6)}s`, target: USERS }] },
  flat: { executor: 'constant-vus', vus: USERS, duration: `${S}s` },
  arrivals: { executor: 'constant-arrival-rate', rate: RATE, timeUnit: '1s', duration: `${S}s`, preAllocatedVUs: USERS, maxVUs: 400 },
};
const load = shapes[__ENV.SHAPE];
load.gracefulStop = '2s';
if (__ENV.SHAPE === 'ramp') load.gracefulRampDown = '2s';
export const options = { scenarios: { load }, noConnectionReuse: __ENV.REUSE === 'no', summaryTrendStats: ['med'] };

const pick = (n) => 1 + Math.floor(Math.random() * n);
const get = (path, name) => http.get(B + path, { tags: { name: name || path } });
const word = () => String.fromCharCode(97 + pick(26) - 1, 97 + pick(26) - 1, 97 + pick(26) - 1, 97 + pick(26) - 1);

const mixes = {
  todos() {
    const r = Math.random();
    if (r < 0.4) get('/api/v1/todos?limit=50', '/api/v1/todos');
    else if (r < 0.9) get(`/api/v1/todos/${pick(90)}`, '/api/v1/todos/{id}');
    else http.post(B + '/api/v1/todos', JSON.stringify({ title: 'tea' }), { headers: { 'Content-Type': 'application/json' }, tags: { name: '/api/v1/todos' } });
  },
  shop() {
    const r = Math.random();
    if (r < 0.4) get(`/shop/products?page=${pick(10)}`, '/shop/products');
    else if (r < 0.8) get(`/shop/products/${pick(500)}`, '/shop/products/{id}');
    else get('/shop/', '/shop/');
  },
  search() {
    if (Math.random() < 0.8) get(`/shop/search?q=${word()}`, '/shop/search');
    else get('/shop/', '/shop/');
  },
  pages() {
    get(`/shop/products/${pick(500)}`, '/shop/products/{id}');
    for (const a of ASSETS) get(`/shop/assets/${a}`);
  },
  site() {
    get(['/', '/about/', '/api/v1/todos?limit=20'][pick(3) - 1], null);
  },
};

export default function () {
  mixes[MIX]();
  if (THINK > 0) sleep(THINK * (0.5 + Math.random()));
}
