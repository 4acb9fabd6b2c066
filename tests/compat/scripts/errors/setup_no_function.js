// setup that is no function.
export const setup = 1;
export default function () {}
