// SharedArray is for init code.
import { SharedArray } from 'k6/data';
export default function () { new SharedArray('a', () => [1]); }
