// Outputs that are extensions now.
// args: --out statsd
// skip-log: statsd
export default function () {}
