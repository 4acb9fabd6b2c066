// fail() can be caught.
import { fail } from 'k6';
export default function () {
  try { fail('reason'); } catch (error) { console.log(String(error), error instanceof Error); }
  fail();
}
