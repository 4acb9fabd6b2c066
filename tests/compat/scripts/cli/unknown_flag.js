// A flag that does not exist.
// args: --nope
// skip-log: unknown flag
export default function () {}
