let ü: 'ä€' = '…' as any
import a = require('b'); import c = d.e;
export import a = b.c;
class A { constructor(private a: B, public readonly c = 1, d: E) { f() } }
class A extends B { constructor(private a: C) { super(a); f() } }
class A extends B { constructor(private a: C) { if (a) { super(1) } } }
return <
 A,
 B
>(
 c: A
) => c
const f = async <
 A>
(b) => c
class A { readonly [b] = c
 private [d] = e
 private *f() { } }
const f = (a): {
 b: C;
} => a
const f = async (
 a: B,
): Promise<
 C
> => a
a()
  namespace A { export const b = 1 }
