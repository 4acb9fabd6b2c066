// A function inside options.
// skip-log: unsupported type
export const options = { vus: () => 1 };
export default function () {}
