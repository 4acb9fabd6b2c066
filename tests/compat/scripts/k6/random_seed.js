// randomSeed makes Math.random repeat itself.
import { randomSeed } from 'k6';
import { show } from '../lib.js';
export default function () {
  randomSeed(42);
  const first = [Math.random(), Math.random()];
  randomSeed(42);
  show(first[0] === Math.random(), first[1] === Math.random(), first[0] !== first[1], first[0] >= 0 && first[0] < 1);
}
