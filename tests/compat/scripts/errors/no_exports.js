// A script that exports no function.
const a = 1;
