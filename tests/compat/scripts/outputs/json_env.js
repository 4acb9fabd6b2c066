// K6_OUT, and a packed file.
// env: K6_OUT=json={tmp}/out.json.gz
// compare: log
export default function () {}
