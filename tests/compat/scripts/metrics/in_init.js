// Samples are not added in init code.
import { Counter } from 'k6/metrics';
const counter = new Counter('early');
counter.add(1);
export default function () {}
