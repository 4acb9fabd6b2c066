// --config of a file that is not there.
// args: --config nope.json
// skip-log: nope.json
export default function () {}
