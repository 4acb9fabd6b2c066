// Two scripts.
// argv: k6 run a.js b.js
// skip-log: accepts 1 arg
export default function () {}
