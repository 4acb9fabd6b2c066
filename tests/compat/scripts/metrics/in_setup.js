// Samples of setup and teardown count.
// compare: metrics json
import { Counter } from 'k6/metrics';
const counter = new Counter('calls');
export function setup() { counter.add(1); }
export default function () { counter.add(10); }
export function teardown() { counter.add(100); }
export function handleSummary() { counter.add(1000); return {}; }
