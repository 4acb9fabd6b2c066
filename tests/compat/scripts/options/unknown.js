// An unknown option warns.
export const options = { nope: 1, iterations: 1, alsoNot: { a: 1 } };
export default function () {}
