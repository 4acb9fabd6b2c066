// An iteration lasts until its timers are done; arguments are passed on; ids are numbers. (Far apart: a busy machine is late.)
import { setTimeout as later } from 'k6/timers';
import { show } from '../lib.js';
export const options = { iterations: 2 };
export default function () {
  const id = setTimeout((...words) => show('timeout', words), 500, 'a', 2);
  show(typeof id, id);
  const cancelled = setTimeout(() => show('never'), 5);
  clearTimeout(cancelled);
  let ticks = 0;
  const every = setInterval(() => {
    ticks += 1;
    show('tick', ticks);
    if (ticks === 3) clearInterval(every);
  }, 2);
  later(() => show('later'), 900);
  setTimeout(() => show('negative'), -5);
  show('end of function');
}
