// Options of the wrong type.
// skip-log: cannot unmarshal
export const options = { tags: 5 };
export default function () {}
