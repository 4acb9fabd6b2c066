// K6_STAGES.
// env: K6_STAGES=100ms:1,0s:3,50ms:0
// compare: log plan
export default function () {}
