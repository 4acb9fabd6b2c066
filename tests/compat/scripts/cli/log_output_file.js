// --log-output file.
// args: --log-output file={tmp}/k6.log --log-format raw
// compare: log files
export default function () { console.log('into the file'); }
