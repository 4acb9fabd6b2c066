// --log-format json.
// args: --log-format json
export default function () { console.log('x', { a: 1 }); console.error('y "quoted"'); throw new Error('z'); }
