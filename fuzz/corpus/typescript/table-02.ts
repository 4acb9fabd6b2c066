import(x).then(y); import.meta.url
new.target; new Foo; new Foo(1)
export default { a: 1 }; export { b as c }; export * from 'd'; export * as e from 'f'
import 'x'; import { a } from 'b'; a()
let a: number = 1, b: string;
let a: Map<string, Array<number>>= f()
const a: { b: string; c?: number } = d
let a: [x: number, y?: string][] = []
let a: 'x' | "y" | 3 | -4 | `z${string}` | null | undefined = 3
let a: typeof b.c[number]['d'] = e
let a: keyof typeof b | unique symbol | readonly string[] = e
let f: (a: number, ...b: string[]) => void = g
