// A percentile above 100.
export const options = { thresholds: { http_req_duration: ['p(101)<5'] } };
export default function () {}
