// An empty tag value.
export const options = { thresholds: { 'http_reqs{group:}': ['count>=0'] } };
export default function () {}
