export = a
(
