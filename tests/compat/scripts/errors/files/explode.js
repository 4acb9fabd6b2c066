export function explode() {
  throw new Error('from the module');
}
