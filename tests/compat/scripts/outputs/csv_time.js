// --out csv with a time format.
// env: K6_CSV_TIME_FORMAT=rfc3339
// compare: csv
export default function () {}
