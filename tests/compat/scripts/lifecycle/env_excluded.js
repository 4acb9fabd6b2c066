// --include-system-env-vars=false leaves only -e.
// env: FROM_SYSTEM=yes
// args: --include-system-env-vars=false -e MINE=1
export default function () { console.log(__ENV.FROM_SYSTEM, __ENV.MINE, Object.keys(__ENV).length); }
