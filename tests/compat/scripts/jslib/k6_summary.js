// k6-summary: the text of handleSummary's data, and JUnit.
// golden: by hand
import { textSummary, jUnit } from 'https://jslib.k6.io/k6-summary/0.1.0/index.js';
import { check } from 'k6';
export const options = { thresholds: { checks: ['rate>0.4'] } };
export default function () { check(1, { good: () => true, bad: () => false }); }
export function handleSummary(data) {
  const text = textSummary(data, { indent: ' ', enableColors: false });
  console.log(text.includes('✓ good'), text.includes('✗ bad'), /checks\.+: 50\.00%/.test(text), text.includes('iterations'));
  const xml = jUnit(data);
  console.log(xml.startsWith('<?xml'), xml.includes('<testsuite'), xml.includes('checks - rate&gt;0.4') || xml.includes('rate&gt;0.4'));
  return {};
}
