// --log-format raw.
// args: --log-format raw
export default function () { console.log('x', { a: 1 }); console.error('y'); throw new Error('z'); }
