// --summary-mode nope.
// args: --summary-mode nope
// skip-log: summary
export default function () {}
