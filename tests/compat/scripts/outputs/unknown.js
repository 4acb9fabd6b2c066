// An output that does not exist.
// args: --out nope=1
// skip-log: available
export default function () {}
