// K6_CONFIG; the script is stronger than the file.
// env: K6_CONFIG=files/config.json
// compare: stdout metrics
export const options = { vus: 3, iterations: 3 };
export default function () {}
