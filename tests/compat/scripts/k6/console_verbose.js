// console.debug with --verbose.
// args: --verbose
// skip-log: level=debug msg="?[A-Z']
// skip-log: level=debug .*phase=
// skip-log: level=debug .*component=
// skip-log: level=debug .*(output=|executor|test_path|moduleSpecifier)
// skip-log: version
// skip-log: level=debug msg="(setup|teardown)
export default function () { console.debug('debug line'); console.log('log line'); }
