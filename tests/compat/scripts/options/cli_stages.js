// --stage, repeated.
// args: --stage 100ms:2 -s 50ms:0 --vus 3
// compare: log plan
export default function () {}
