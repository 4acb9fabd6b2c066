let f: new (...a: any[]) => T = g, h: abstract new () => object = i
let f: <T extends A>(a: T) => T = g
let f: (() => void) | null = g
let a: A extends B ? C : D = e
let a: T extends (infer U extends string)[] ? U : never = e
let a: { [K in keyof T]?: T[K] } = e
let a: import('b').C<d> = e
let a!: number; var b: any, c = 1
let a: | A | B = c
let a: asserts; let b: A.B.C<D>
const { a, b }: { a: number; b: string } = c
for (const a of b as C[]) { }
