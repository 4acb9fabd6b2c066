// No expression at all.
export const options = { thresholds: { http_reqs: ['foo'] } };
export default function () {}
