// A duration that is none.
export const options = { duration: 'abc' };
export default function () {}
