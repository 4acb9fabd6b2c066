// A promise that nobody takes care of.
// compare: log metrics
export const options = { iterations: 2 };
export default function () {
  if (__ITER === 0) Promise.reject(new Error('nobody cares'));
  else Promise.reject('just text');
}
