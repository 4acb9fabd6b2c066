// Braces that don't match.
export const options = { thresholds: { 'http_reqs{foo': ['count>=0'] } };
export default function () {}
