/* How the program exits: k6's codes, one row each, and one of our own. */
#ifndef CLI_EXIT_CODE_H
#define CLI_EXIT_CODE_H

/* X(enumerator, code, when) */
#define EXIT_CODES(X)                                                              \
    X(OK, 0, "the test ran and its thresholds hold")                               \
    X(LIMITED, 1, "halftime doctor found something that limits load")              \
    X(INVALID_RUN, 90, "the load generator itself was the limit: figures are void") \
    X(THRESHOLDS, 99, "thresholds were crossed")                                   \
    X(SETUP_TIMEOUT, 100, "setup() took longer than setupTimeout")                 \
    X(TEARDOWN_TIMEOUT, 101, "teardown() took longer than teardownTimeout")        \
    X(OTHER_TIMEOUT, 102, "handleSummary() or another step timed out")             \
    X(STOPPED, 103, "stopped by the page or the REST API")                         \
    X(CONFIG, 104, "the options are not valid")                                    \
    X(SIGNAL, 105, "stopped by a signal (Ctrl-C)")                                 \
    X(REST_API, 106, "the REST API of --address, or the page, could not be served") \
    X(SCRIPT_EXCEPTION, 107, "the script threw outside of an iteration")           \
    X(SCRIPT_ABORTED, 108, "the script called exec.test.abort()")                  \
    X(CRASH, 109, "a bug: one of our processes crashed")                           \
    X(MARKED_FAILED, 110, "the script called exec.test.fail()")                    \
    X(USAGE, 255, "bad flags, missing script file, unknown output, or anything else")
enum exit_code {
#define EXIT_CODE_ENUM(id, code, when) EXIT_CODE_##id = code,
    EXIT_CODES(EXIT_CODE_ENUM)
#undef EXIT_CODE_ENUM
};

#endif
