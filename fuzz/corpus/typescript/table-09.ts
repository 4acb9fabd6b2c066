export as namespace A;
f()
let a = 1
type B = C
(d)
class A<T> extends B<T> implements C<T>, D { }
class A implements B { }
abstract class A { abstract b(): void; abstract c: D; e() { } }
export abstract class A { }
export default abstract class B { }
class A { private b: C = 1; public static readonly d?: E; protected f!: G; override h = 2; declare i: J }
class A { b(c: D): void; b(c: any): void { } }
class A { constructor(a: B); constructor(a: any) { } }
class A { [key: string]: any; [b]: C = 1; [d](): E { } }
class A { b?(): void; get c(): D { return 1 } set c(v: D) { } private async *e<F>(): G { } }
class A { readonly = 1; private = 2; static = 3; get = 4; declare() { } abstract
= 5 }
