// K6_VUS that is no number.
// env: K6_VUS=abc
// skip-log: K6_VUS
export default function () {}
