// Short flags and flags with =.
// args: -u 2 -i=4 -q
// compare: metrics stdout
export default function () {}
