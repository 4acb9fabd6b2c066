// What is shown at the start and at the end.
// args: --no-color
// compare: stdout log
export default function () {}
