import { fromB } from './deep/module_b.js';
export let counter = 0;
export function increase() { counter += 1; }
export const named = 'named';
export const viaB = fromB;
export default 'the default';
