/* A run as a list of tests that passed or failed, for those who read test results: thresholds, checks,
 * requests of a Locust run, and the run itself. */
#ifndef REPORT_TEST_RESULTS_H
#define REPORT_TEST_RESULTS_H

#include "core/arena.h"
#include "report/locust_stats.h"
#include "report/summary_data.h"

enum { TEST_RESULTS_MAX = 100000, TEST_RESULTS_BYTES_MAX = 64 * 1024 * 1024 };

/* X(enumerator, name) */
#define TEST_SUITES(X) X(RUN, "run") X(THRESHOLDS, "thresholds") X(CHECKS, "checks") X(REQUESTS, "requests")
enum test_suite {
#define TEST_SUITE_ENUM(id, name) TEST_SUITE_##id,
    TEST_SUITES(TEST_SUITE_ENUM)
#undef TEST_SUITE_ENUM
        TEST_SUITE_COUNT
};
extern const char *const test_suite_names[TEST_SUITE_COUNT];

struct test_result {
    enum test_suite suite;
    struct view group, name; /* group: of a check, "" = none, "outer::inner" */
    bool failed;
    uint64_t passes, fails; /* of checks and requests */
    struct view figure;     /* "p(95)=612.3ms", "3 of 100 failed" */
    struct view detail;     /* more lines about a failure; may be empty */
};
struct test_results {
    struct arena arena;
    struct summary_data summary;
    struct locust_stats locust; /* of a Locust run; else empty */
    bool is_locust;
    struct test_result *items; /* suite by suite */
    size_t count, cap;
    size_t totals[TEST_SUITE_COUNT], failures[TEST_SUITE_COUNT];
};
/* Takes what it needs from the run, which must outlive it. -ENOMEM or ERROR_LIMIT: nothing was made. */
int test_results_init(struct test_results *t, const struct run_state *r) MUST_USE;
void test_results_deinit(struct test_results *t);
size_t test_results_failed(const struct test_results *t);

#endif
