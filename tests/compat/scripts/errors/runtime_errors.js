// Errors of the language itself can be caught and have the right classes.
import { kind } from '../lib.js';
export default function () {
  kind('undefined property', () => undefined.b);
  kind('null property', () => null.b);
  kind('not a function', () => ({}).nope());
  kind('undeclared', () => nope);
  kind('constant', () => { const a = 1; a = 2; });
  kind('json', () => JSON.parse('{"a":'));
  kind('range', () => new Array(-1));
  kind('uri', () => decodeURIComponent('%'));
  kind('bigint', () => 1n + 1);
  kind('frozen', () => { Object.freeze([1]).push(2); });
  kind('before definition', () => { later; let later = 1; });
}
