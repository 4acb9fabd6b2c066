x = a ? (b, c: d) : e => f
o = { m<T>(a: T): T { return a }, get x(): number { return 1 }, async p(): Promise<void> { } }
a = b as C; d = e satisfies F; g = h as const
a = (b as any as C).d
a = <any>b; c = (<D>e).f; g = <H<I>>j
a!.b![c]!(d!)!; e! = 1; f!++
a = b! / c / d!
a = b as number < c
f(a as B, ...c as D[])
a = b as C
(d)()
a = b as C | D
[e].f()
export default { a: 1 } satisfies B
