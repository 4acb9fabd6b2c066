// Custom classes of errors.
class Mine extends Error { constructor(message, code) { super(message); this.name = 'Mine'; this.code = code; } }
export default function () {
  throw new Mine('own kind', 5);
}
