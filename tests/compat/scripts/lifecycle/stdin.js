// The script from standard input.
// stdin: script
// compare: log
export const options = { iterations: 2 };
export default function () { console.log('from standard input', __ITER); }
