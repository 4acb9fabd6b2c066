// open() of what is not there.
open('./files/nope.txt');
export default function () {}
