// handleSummary writes files and both streams.
// compare: log stdout files
export default function () {}
export function handleSummary(data) {
  console.log(typeof data, Object.keys(data).sort().join(' '));
  return {
    stdout: 'to standard output\n',
    stderr: 'to standard error\n',
    [`${__ENV.TMP}/a.txt`]: 'a file\n',
    [`${__ENV.TMP}/b.bin`]: new Uint8Array([104, 105, 10]).buffer,
  };
}
