// VUs that are no number.
export const options = { vus: 'abc' };
export default function () {}
