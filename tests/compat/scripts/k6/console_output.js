// --console-output: what console says goes to a file.
// args: --console-output {tmp}/console.log
// compare: log
export default function () { console.log('to the file'); throw new Error('not to the file'); }
export function teardown() { console.log('also', open === undefined); }
