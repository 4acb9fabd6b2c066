// Options that are no object.
// skip-log: cannot unmarshal
export const options = 5;
export default function () {}
