// Order of microtasks, timers and code.
import { show } from '../lib.js';
export default async function () {
  show('1');
  setTimeout(() => show('5'), 0);
  Promise.resolve().then(() => show('3')).then(() => show('4'));
  show('2');
  await new Promise((resolve) => setTimeout(resolve, 15));
  show('6');
  const all = await Promise.all([1, Promise.resolve(2), new Promise((resolve) => setTimeout(() => resolve(3), 1))]);
  show(all);
  const settled = await Promise.allSettled([Promise.reject(new Error('x')), 1]);
  show(settled.map((one) => one.status));
}
