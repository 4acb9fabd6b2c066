// A file without import and export is CommonJS.
const http = require('k6/http');
const { check } = require('k6');
const other = require('./files/common.js');
module.exports.default = function () {
  console.log(typeof http.get, typeof check, other.value, other.twice(4), typeof module, typeof exports);
};
module.exports.options = { iterations: 2 };
