// No script at all.
// argv: k6 run
// skip-log: accepts 1 arg
export default function () {}
