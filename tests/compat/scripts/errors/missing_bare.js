// A bare module name.
import x from 'lodash';
export default function () {}
