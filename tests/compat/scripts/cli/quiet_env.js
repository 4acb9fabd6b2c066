// K6_LOG_FORMAT and NO_COLOR.
// env: K6_LOG_FORMAT=json NO_COLOR=1
export default function () { console.log('as JSON'); }
