// --duration without a unit.
// args: --duration 1000
// skip-log: invalid argument
export default function () {}
