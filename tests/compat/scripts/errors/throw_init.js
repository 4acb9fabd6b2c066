// throw in init code.
throw new Error('init boom');
export default function () {}
