// The same by options.
export const options = { noSetup: true, noTeardown: true };
export function setup() { console.log('never'); }
export default function () { console.log('iteration'); }
export function teardown() { console.log('never'); }
