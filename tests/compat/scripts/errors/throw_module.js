// An exception out of an imported module.
import { explode } from './files/explode.js';
export default function () {
  explode();
}
