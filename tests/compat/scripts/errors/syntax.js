// A syntax error.
// skip-log: Unexpected token
export default function () {
  let a = ;
}
