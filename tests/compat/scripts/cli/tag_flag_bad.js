// --tag without a value.
// args: --tag abc
// skip-log: tag
export default function () {}
