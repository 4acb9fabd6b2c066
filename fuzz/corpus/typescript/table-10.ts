class A { #b: C = 1; static #d?: E }
class A { b = <T>(c: T): T => c; d = (): void => { } }
x = class<T> extends f<T>(B) { y: Z }
class A { accessor b: C = 1 }
import type { A } from 'a'; import type B from 'b'; import type * as C from 'c'; d()
import { type A, b, type C as D } from 'a'; b()
import { A } from 'a'; let b: A
import A, { B, c } from 'a'; let d: A = c as B
import A, { B } from 'a'; A()
import A, * as B from 'a'; A()
import * as A from 'a'; let b: A.C
import { A } from 'a'; b.A; c?.A
