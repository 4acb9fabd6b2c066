// An executor that does not exist.
export const options = { scenarios: { x: { executor: 'nope' } } };
export default function () {}
