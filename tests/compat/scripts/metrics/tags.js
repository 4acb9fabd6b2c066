// Tags of samples: text, numbers, booleans; nothing else.
// compare: log json
import { Counter } from 'k6/metrics';
import { attempt } from '../lib.js';
const counter = new Counter('my_counter');
export default function () {
  counter.add(1, { s: 'text', n: 1.5, b: false });
  attempt('object', () => counter.add(1, { o: {} }));
  attempt('null', () => counter.add(1, { o: null }));
  attempt('no object', () => counter.add(1, 'tags'));
  counter.add(1, { scenario: 'mine', name: 'x' });
}
