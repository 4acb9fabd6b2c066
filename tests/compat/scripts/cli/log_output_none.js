// --log-output none.
// args: --log-output none
export default function () { console.log('nowhere'); }
