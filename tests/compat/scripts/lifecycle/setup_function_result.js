// A function inside the result of setup cannot be carried over.
// skip-log: unsupported type
export function setup() { return { f() {} }; }
export default function () { console.log('never'); }
