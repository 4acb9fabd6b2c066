// module in an ES module.
import http from 'k6/http';
export default function () {}
module.exports = {};
