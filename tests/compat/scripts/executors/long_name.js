// A long name is cut in the progress lines.
// compare: stdout
export const options = { scenarios: { this_is_a_scenario_with_quite_a_long_name_indeed: { executor: 'per-vu-iterations' }, short: { executor: 'per-vu-iterations' } } };
export default function () {}
