exports.value = 'from common';
exports.twice = function (n) { return n * 2; };
