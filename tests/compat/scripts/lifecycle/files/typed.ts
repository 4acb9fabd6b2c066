export type Pair<T> = [T, T];
export function twice(n: number): number { return n * 2; }
