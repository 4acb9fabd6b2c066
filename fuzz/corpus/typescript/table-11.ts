import { A as B } from 'a'; A
import { A as B } from 'a'; B
import a from 'a' with { type: 'json' }; let b: a
import type from 'a'; type()
import { type } from 'a'; type()
import { type as as } from 'a'; as()
import A from 'a'; export { A }
import type A = require('a'); b()
export type { A } from 'a'; export type * from 'b'; export type { C }; d()
export { type A, b } from 'a'
type A = 1; const b = 2; export { A, b }
export const a: B = 1, c = <D>e; export let f: G
