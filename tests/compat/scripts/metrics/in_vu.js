// Metrics are made in init code.
import { Counter } from 'k6/metrics';
export default function () { new Counter('late'); }
