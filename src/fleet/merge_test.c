/* What workers measured apart and the controller merged is what one would have measured alone: the same
 * percentiles, to the last bit. */
#include "core/rng.h"
#include "stats/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

enum { WORKERS = 8, SAMPLES = 40000, SECONDS = 5 };

static void percentiles_over_eight_workers_are_those_of_one_histogram(void **state) {
    static struct snapshot_head head;
    struct recorder workers[WORKERS], whole, merged;
    struct rng rng;
    struct sink one, many;

    (void)state;
    rng_init(&rng, 11);
    assert_int_equal(recorder_init(&whole, false), 0);
    assert_int_equal(recorder_init(&merged, false), 0);
    for (int w = 0; w < WORKERS; w++)
        assert_int_equal(recorder_init(&workers[w], false), 0);
    for (int second = 1; second <= SECONDS; second++) {
        for (int i = 0; i < SAMPLES / SECONDS; i++) {
            double ms = exp(10 * rng_double(&rng) - 3); /* 50 µs to 1.1 s */
            recorder_add(&whole, METRIC_HTTP_REQ_DURATION, 0, ms, NULL);
            recorder_add(&workers[rng_below(&rng, WORKERS)], METRIC_HTTP_REQ_DURATION, 0, ms, NULL);
        }
        for (int w = WORKERS - 1; w >= 0; w--) { /* in another order than they were made */
            struct buf packed CLEANUP(buf_deinit) = BUF_MAX(SNAPSHOT_BYTES_MAX);
            head = (struct snapshot_head){.worker = (uint32_t)w, .seq = (uint64_t)second};
            assert_int_equal(snapshot_pack(&head, &workers[w], &packed), 0);
            assert_int_equal(snapshot_unpack_merge(buf_view(&packed), &head, &merged), 0);
        }
    }
    assert_int_equal(series_store_collect(whole.series, METRIC_HTTP_REQ_DURATION, NULL, 0, &one), 0);
    assert_int_equal(series_store_collect(merged.series, METRIC_HTTP_REQ_DURATION, NULL, 0, &many), 0);
    for (int p = 0; p <= 10000; p++)
        assert_true(
            histogram_percentile(&one.trend, p / 10000.0) == histogram_percentile(&many.trend, p / 10000.0));
    sink_deinit(&one);
    sink_deinit(&many);
    for (int w = 0; w < WORKERS; w++)
        recorder_deinit(&workers[w]);
    recorder_deinit(&whole);
    recorder_deinit(&merged);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_over_eight_workers_are_those_of_one_histogram)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
