for (let i: number = 0; i < 1; i++) { }
try { } catch (e: unknown) { }
function f(a: number, b?: string, ...c: any[]): void { }
function f<T, U extends keyof T = keyof T>(a: T = {} as T): a is U { return a }
function f(this: Window, a: string) { }
function f(this: Window) { }
function f({ a, b = 1 }: { a: A; b?: number } = { a: 2 }, [c]: C[]) { }
function f(a: string): void;
function f(a: number): void;
function f(a: any) { }
export function f(a: string): void;
export function f(a: any) { }
export default function f(a: string): void;
export default function f(a) { }
async function f(): Promise<void> { }
function assert(x: unknown): asserts x is string { }
