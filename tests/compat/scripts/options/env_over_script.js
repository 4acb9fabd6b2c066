// K6_* of the environment beats the script, flags beat both.
// env: K6_VUS=2 K6_ITERATIONS=4
// args: --iterations 6
// compare: stdout metrics
export const options = { vus: 1, iterations: 2 };
export default function () {}
