// --config.
// args: --config files/config.json
// compare: stdout metrics
export const options = { tags: { from: 'script' } };
export default function () {}
