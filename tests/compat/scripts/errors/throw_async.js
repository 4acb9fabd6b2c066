// An async function that throws.
// compare: log metrics
export default async function () {
  await null;
  throw new Error('async boom');
}
