// cloud and ext are taken and ignored.
// compare: log metrics
export const options = { ext: { loadimpact: { name: 'x' } }, cloud: { projectID: 1, name: 'y' } };
export default function () {}
