if ((a as B).c) d
return_ = await f() as G
`${a as string} ${b!}`
const a = { b: c as D, e: f! }
f<A>(b); new Map<string, number[]>(); g<A, B<C>>`x`
new Foo<Bar>; a = f<B>; h<C>?.(d)
a.b<C>(d)<E>(f)
f(a < b, c > d)
f(a<b, c>(d))
a = b<c>d
interface A { b: string }
c()
interface A<T> extends B<T>, C { (d): e; new (f): g; [h: string]: i }
c()
