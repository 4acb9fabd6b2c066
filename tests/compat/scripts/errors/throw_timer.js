// Out of a timer.
export default function () {
  setTimeout(() => { throw new Error('timer boom'); }, 1);
}
