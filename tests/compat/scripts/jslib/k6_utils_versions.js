// Any version of k6-utils.
// golden: by hand
import { uuidv4 } from 'https://jslib.k6.io/k6-utils/1.1.0/index.js';
import { randomIntBetween } from 'https://jslib.k6.io/k6-utils/1.2.0/index.js';
import { randomString } from 'https://jslib.k6.io/k6-utils/1.0.0/index.js';
export default function () { console.log(uuidv4().length, randomIntBetween(7, 7), randomString(4).length); }
