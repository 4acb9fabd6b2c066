// sleep() takes seconds, fractions too, and odd values without a word.
import { sleep } from 'k6';
import { about, show } from '../lib.js';
export default function () {
  const started = Date.now();
  sleep(0.3);
  show(about(Date.now() - started, 300, 100));
  sleep(0);
  sleep(-1);
  sleep('0.01');
  sleep();
  show(about(Date.now() - started, 310, 120));
}
