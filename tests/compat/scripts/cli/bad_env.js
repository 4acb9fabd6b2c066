// A name for -e that can't be one.
// args: -e 1=2
// skip-log: environment
export default function () {}
