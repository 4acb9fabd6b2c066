// k6 version.
// argv: k6 version
export default function () {}
