// --vus abc.
// args: --vus abc
// skip-log: invalid argument
export default function () {}
