// -e NAME passes the system's value on.
// env: GIVEN=yes
// args: -e GIVEN -e MISSING
export default function () { console.log(__ENV.GIVEN, typeof __ENV.MISSING); }
