// Run tags are on every sample; --tag replaces the script's.
// args: --tag a=b --tag c=d
// compare: json
export const options = { tags: { from: 'script' } };
export default function () {}
