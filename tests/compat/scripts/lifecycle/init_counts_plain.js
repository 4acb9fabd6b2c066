// Without setup and teardown: exports, one VU, summary.
console.log('init', __VU, typeof __ITER);
export default function () { console.log('iteration', __VU, __ITER); }
