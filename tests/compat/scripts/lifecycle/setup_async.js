// setup, default and teardown may be async functions.
import { sleep } from 'k6';
import { show } from '../lib.js';
export async function setup() {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return { from: 'promise' };
}
export default async function (data) {
  show('before', data);
  await Promise.resolve();
  show('after');
}
export async function teardown(data) { await null; show('teardown', data); }
