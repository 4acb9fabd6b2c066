// Taken care of in time, it is none.
export default function () {
  const p = Promise.reject(new Error('somebody cares'));
  p.catch((error) => console.log('caught', error.message));
}
