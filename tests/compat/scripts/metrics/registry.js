// Names, and the same metric twice.
import { Counter, Trend } from 'k6/metrics';
import { attempt, show } from '../lib.js';
const one = new Counter('twice');
const two = new Counter('twice');
attempt('other kind', () => new Trend('twice'));
attempt('other content', () => new Counter('twice', true));
attempt('blank', () => new Counter('a b'));
attempt('one letter', () => new Counter('a'));
attempt('digit', () => new Counter('1abc'));
attempt('empty', () => new Counter(''));
attempt('none', () => new Counter());
attempt('long', () => new Counter('x'.repeat(129)) && 'taken');
attempt('dash', () => new Counter('a-b'));
attempt('built-in', () => new Trend('http_reqs'));
attempt('built-in, same kind', () => new Counter('http_reqs').name);
attempt('no new', () => Counter('plain'));
export default function () { one.add(1); two.add(2); }
