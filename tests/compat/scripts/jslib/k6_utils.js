// k6-utils, by its usual address.
// golden: by hand
import { randomIntBetween, randomItem, randomString, uuidv4, findBetween, normalDistributionStages } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
import { show } from '../lib.js';
export default function () {
  const numbers = Array.from({ length: 300 }, () => randomIntBetween(3, 5));
  show(Math.min(...numbers), Math.max(...numbers), numbers.every(Number.isInteger));
  show([1, 2].includes(randomItem([1, 2])), randomString(12).length, /^[a-z]+$/.test(randomString(30)), /^[ab]{9}$/.test(randomString(9, 'ab')));
  show(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuidv4()), uuidv4() !== uuidv4());
  show(findBetween('<b>one</b><b>two</b>', '<b>', '</b>'), findBetween('<b>one</b><b>two</b>', '<b>', '</b>', true), String(findBetween('none', '<', '>')));
  show(normalDistributionStages(10, 20, 5).length, Object.keys(normalDistributionStages(10, 20)[0]).sort());
}
