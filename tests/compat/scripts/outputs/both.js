// Two outputs beside each other.
// compare: json csv stdout
export default function () {}
