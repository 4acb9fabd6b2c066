type A = B | { c: D };
c()
type A<T> = T extends B ? C : D
c()
type F = (a: B) => C
(c)()
declare const a: B; declare let c, d: E
f()
declare function a(b: C): D;
f()
declare class A<B> { c: D; e(): F; constructor(private g: H) }
f()
declare module 'a' { export const b: C }
f()
declare global { interface Window { a: B } }
f()
declare namespace A.B { let c: D }
f()
declare enum A { B = 1, C }
f()
export interface A { }
export type B = C;
export declare const d: E;
f()
export default interface A { }
f()
