// Global flags may stand before the command.
// argv: k6 --quiet run --iterations 2 {script}
// compare: log stdout
export default function () { console.log('iteration'); }
