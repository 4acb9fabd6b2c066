// A statistic that does not exist.
export const options = { summaryTrendStats: ['nope'] };
export default function () {}
