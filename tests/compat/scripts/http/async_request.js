// asyncRequest: promises, side by side.
// compare: log metrics
import http from 'k6/http';
import { show } from '../lib.js';
export default async function () {
  const started = Date.now();
  const all = await Promise.all([http.asyncRequest('GET', `${__ENV.HTTP}/delay/200`), http.asyncRequest('POST', `${__ENV.HTTP}/post`, 'b', { tags: { t: '1' } }), http.asyncRequest('GET', `${__ENV.HTTP}/delay/200`)]);
  const ms = Date.now() - started;
  show(all.map((r) => r.status), all[1].json('body'), ms < 390 ? 'together' : ms);
  await http.asyncRequest('GET', `${__ENV.HTTP}/get`).then((r) => show('then', r.status));
  const failed = await http.asyncRequest('GET', `${__ENV.REFUSED}/`);
  show(failed.status, failed.error);
  try { await http.asyncRequest('GET', `${__ENV.REFUSED}/`, null, { throw: true }); } catch (error) { show('caught', error instanceof Error, typeof error, String(error), error.message, error.op, error.url, error.error(), error.timeout(), error.temporary()); console.log(error); }
  http.asyncRequest('GET', 'nonsense', null, { throw: true });
}
