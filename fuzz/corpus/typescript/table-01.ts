const { a, b: { c = 1 }, ...rest } = d, [e, , f = 2] = g;
const f = async x => await x, g = async () => { }, h = async (a, b) => a
`a ${b < c} d ${`e ${ { f: 1 }.f }`} g`
r = /[/:]as string/.test(a) / 2
x = 1 << 2 > 3; y = 1 << z > (4)
class A extends B { #p = 1; static { f(); } static s = 2; get x() { return this.#p } async *g() { } [k]() { } 'q' = 1; 5() { } }
o = { get a() { return 1 }, set a(v) { }, async b() { }, *c() { }, async *d() { }, [e]: 1, 'f': 2, 3: 4, get, set, async }
var type = 1, as = 2, declare = 3, namespace = 4, abstract = 5; type = as; declare.x; namespace (1); abstract
class Q { }
try { a() } catch { b() } finally { c() }
do { a() } while (b < c)
d()
a = b
!c
a = b ? .5 : 1; c = d?.[e]?.(f) ?? g
