// K6_TAGS.
// env: K6_TAGS=a:b,c:d
// compare: json
export default function () {}
