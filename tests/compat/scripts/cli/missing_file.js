// A script that is not there.
// argv: k6 run nope.js
export default function () {}
