// --log-output stdout.
// args: --log-output stdout --quiet --summary-mode disabled --log-format raw
// compare: log stdout
export default function () { console.log('on standard output'); }
