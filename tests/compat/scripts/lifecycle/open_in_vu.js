// open() is for init code.
export default function () { open('./files/data.txt'); }
