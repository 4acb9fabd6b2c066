// A directory in the place of a script.
// argv: k6 run files
// skip-log: is a directory
export default function () {}
