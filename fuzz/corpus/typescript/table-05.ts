function* g(): Generator<number> { yield* h<number>() }
const f = (a: number): string => 'x'
const f = <T,>(a: T): T => a, g = <const T extends A>(b: T) => b
const f = async <T>(a: T): Promise<T> => a
const f = async (a: T): Promise<{ b: c }> => { }
const f = (a?: number, b: string = 'c') => { }
const f = (a): a is string => b
const f = (): (() => void) => g
const f = (a): (A | B) => g
f((a: number) => a, function (b: string) { }, async (c: X) => c)
x = a ? (b: number) => c : d
x = a ? (b): c => d : e
