#include "stats/histogram.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double exact(const double *sorted, size_t n, double fraction) {
    double i = fraction * (double)(n - 1);
    double j = sorted[(size_t)floor(i)], k = sorted[(size_t)ceil(i)];
    return j + (k - j) * (i - floor(i));
}

static void assert_close(double got, double want) {
    double tolerance = fabs(want) * 0.001 + 1e-300;
    if (fabs(got - want) > tolerance)
        fail_msg("got %.17g, want %.17g within 0.1 %%", got, want);
}

static const double fractions[] = {0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1};

static uint64_t state = 88172645463325252u;
static double uniform(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / 9007199254740992.0;
}

/* Every distribution of values: percentiles within 0.1 % of the exact ones, moments exact. */
static void percentiles_against_sorted_values(void **arg) {
    (void)arg;
    for (int kind = 0; kind < 6; kind++) {
        enum { N = 5000 };
        static double v[N];
        struct histogram h;
        histogram_init(&h);
        for (size_t i = 0; i < N; i++) {
            double u = uniform();
            switch (kind) {
            case 0: v[i] = 0.001 + u * 3600e3; break;
            case 1: v[i] = exp(u * 60 - 30); break;
            case 2: v[i] = -exp(u * 20); break;
            case 3: v[i] = floor(u * 3) * 1e9; break;
            case 4: v[i] = u < 0.2 ? 0 : 200 + u; break;
            default: v[i] = 1e18 * u + 1; break;
            }
            assert_int_equal(histogram_record(&h, v[i]), 0);
        }
        qsort(v, N, sizeof *v, compare);
        for (size_t f = 0; f < sizeof fractions / sizeof *fractions; f++) {
            double want = exact(v, N, fractions[f]);
            double got = histogram_percentile(&h, fractions[f]);
            double rank = fractions[f] * (N - 1);
            double slack = fabs(v[(size_t)ceil(rank)]) * 0.001;
            if (fabs(got - want) > fabs(want) * 0.001 + slack)
                fail_msg("kind %d p%g: got %.17g, want %.17g", kind, fractions[f] * 100, got, want);
        }
        assert_true(histogram_percentile(&h, 0) == v[0]);
        assert_true(histogram_percentile(&h, 1) == v[N - 1]);
        assert_int_equal(h.count, N);
        histogram_deinit(&h);
    }
}

static void signed_values_and_zero(void **arg) {
    struct histogram h;
    static const double v[] = {-1e9, -5, -1e-9, 0, 0, 1e-9, 5, 1e18};

    (void)arg;
    histogram_init(&h);
    for (size_t i = 8; i-- > 0;)
        assert_int_equal(histogram_record(&h, v[i]), 0);
    for (size_t i = 0; i < 8; i++)
        assert_close(histogram_percentile(&h, (double)i / 7), v[i]);
    assert_true(h.min == -1e9 && h.max == 1e18);
    assert_int_equal(histogram_count_at_most(&h, -6), 1);
    assert_int_equal(histogram_count_at_most(&h, -1e-12), 3);
    assert_int_equal(histogram_count_at_most(&h, 0), 5);
    assert_int_equal(histogram_count_at_most(&h, 6), 7);
    assert_int_equal(histogram_count_at_most(&h, 1e18), 8);
    assert_int_equal(histogram_count_at_most(&h, -2e9), 0);
    assert_int_equal(histogram_count_at_most(&h, INFINITY), 8);
    histogram_deinit(&h);
}

static void refuses_what_is_no_number(void **arg) {
    struct histogram h;

    (void)arg;
    histogram_init(&h);
    assert_int_equal(histogram_record(&h, 1.7976931348623157e308), 0);
    assert_int_equal(histogram_record(&h, NAN), ERROR_INVALID);
    assert_int_equal(histogram_record(&h, INFINITY), ERROR_INVALID);
    assert_int_equal(histogram_record(&h, -INFINITY), ERROR_INVALID);
    assert_int_equal(h.count, 1);
    assert_true(histogram_percentile(&h, 0.5) == 1.7976931348623157e308);
    histogram_deinit(&h);
}

static void empty_and_single(void **arg) {
    struct histogram h;

    (void)arg;
    histogram_init(&h);
    assert_true(histogram_percentile(&h, 0.5) == 0);
    assert_true(histogram_mean(&h) == 0 && histogram_stddev(&h) == 0);
    assert_int_equal(histogram_record(&h, 123.456), 0);
    assert_true(histogram_percentile(&h, 0.5) == 123.456);
    assert_true(histogram_mean(&h) == 123.456);
    assert_int_equal(histogram_record(&h, 223.456), 0);
    assert_close(histogram_percentile(&h, 0.5), 173.456);
    assert_close(histogram_stddev(&h), 50);
    histogram_deinit(&h);
}

static void assert_same(const struct histogram *a, const struct histogram *b) {
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->zeros, b->zeros);
    assert_true(a->min == b->min && a->max == b->max);
    assert_close(a->sum, b->sum);
    for (double f = 0; f <= 1; f += 0.05)
        assert_true(histogram_percentile(a, f) == histogram_percentile(b, f));
}

/* Merged and packed parts equal the whole. */
static void parts_make_the_whole(void **arg) {
    struct histogram whole, parts[4], merged, unpacked;

    (void)arg;
    histogram_init(&whole);
    histogram_init(&merged);
    histogram_init(&unpacked);
    for (int i = 0; i < 4; i++)
        histogram_init(&parts[i]);
    for (int i = 0; i < 4000; i++) {
        double v = i % 10 == 0 ? 0 : exp(uniform() * 10) * (i % 7 ? 1 : -1);
        assert_int_equal(histogram_record(&whole, v), 0);
        assert_int_equal(histogram_record(&parts[i % 4], v), 0);
    }
    struct buf b = BUF_MAX(1 << 20);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(histogram_merge(&merged, &parts[i]), 0);
        struct pack_writer w = pack_writer_of(&b);
        buf_clear(&b);
        histogram_pack(&parts[i], &w);
        assert_int_equal(w.error, 0);
        struct pack_reader r = pack_reader_of(buf_view(&b));
        assert_int_equal(histogram_unpack_merge(&unpacked, &r), 0);
        assert_int_equal(r.rest.len, 0);
    }
    assert_same(&whole, &merged);
    assert_same(&whole, &unpacked);
    buf_deinit(&b);
    histogram_deinit(&whole);
    histogram_deinit(&merged);
    histogram_deinit(&unpacked);
    for (int i = 0; i < 4; i++)
        histogram_deinit(&parts[i]);
}

static void reset_keeps_pages_in_use(void **arg) {
    struct histogram h;

    (void)arg;
    histogram_init(&h);
    assert_int_equal(histogram_record(&h, 5), 0);
    assert_int_equal(histogram_record(&h, 5e6), 0);
    size_t before = h.page_count;
    histogram_reset(&h);
    assert_int_equal(h.page_count, before);
    assert_int_equal(h.count, 0);
    assert_int_equal(histogram_record(&h, 6), 0);
    assert_true(h.min == 6 && h.max == 6 && h.sum == 6);
    histogram_reset(&h);
    assert_int_equal(h.page_count, 1); /* the other one rested for an interval */
    histogram_deinit(&h);
}

/* Every truncation and every changed byte is refused or harmless, and a refusal changes nothing. */
/* Whole numbers, halves and quarters are read back as they are, merged and packed too; mixed with others they are not. */
static void coarse_values_are_exact(void **arg) {
    (void)arg;
    static const double steps[] = {1, 0.5, 0.25, -1, 0.125};
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        struct histogram a, b, c;
        struct buf packed CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
        struct pack_writer w = pack_writer_of(&packed);
        histogram_init(&a);
        histogram_init(&b);
        histogram_init(&c);
        for (int i = 1; i <= 101; i++)
            assert_int_equal(histogram_record(i % 2 ? &a : &b, steps[s] * i), 0);
        assert_int_equal(histogram_merge(&a, &b), 0);
        histogram_pack(&a, &w);
        struct pack_reader r = pack_reader_of(buf_view(&packed));
        assert_int_equal(histogram_unpack_merge(&c, &r), 0);
        for (int p = 0; p <= 100; p++) {
            double want = steps[s] > 0 ? steps[s] * (p + 1) : steps[s] * (101 - p);
            assert_true(fabs(histogram_percentile(&c, p / 100.0) - want) < 1e-9);
        }
        assert_int_equal(histogram_record(&c, 0.1), 0);
        assert_int_equal(c.grain, HISTOGRAM_GRAIN_ANY);
        histogram_reset(&c);
        assert_int_equal(c.grain, 0);
        histogram_deinit(&a);
        histogram_deinit(&b);
        histogram_deinit(&c);
    }
}

static void hostile_bytes(void **arg) {
    struct histogram h, into;
    struct buf b = BUF_MAX(1 << 20);

    (void)arg;
    histogram_init(&h);
    for (int i = 0; i < 20; i++)
        assert_int_equal(histogram_record(&h, (i - 5) * 10.0), 0);
    struct pack_writer w = pack_writer_of(&b);
    histogram_pack(&h, &w);
    for (size_t n = 0; n < b.len; n++) {
        struct pack_reader r = pack_reader_of(view_of(b.ptr, n));
        histogram_init(&into);
        assert_int_equal(histogram_unpack_merge(&into, &r), ERROR_SYNTAX);
        assert_int_equal(into.count, 0);
        assert_int_equal(into.page_count, 0);
        histogram_deinit(&into);
    }
    for (size_t i = 0; i < b.len * 255; i++) {
        char kept = b.ptr[i / 255];
        b.ptr[i / 255] = (char)(kept + 1 + (int)(i % 255));
        struct pack_reader r = pack_reader_of(buf_view(&b));
        histogram_init(&into);
        if (histogram_unpack_merge(&into, &r) < 0)
            assert_int_equal(into.count, 0);
        else
            assert_true(isfinite(histogram_percentile(&into, 0.5)));
        histogram_deinit(&into);
        b.ptr[i / 255] = kept;
    }
    buf_deinit(&b);
    histogram_deinit(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_against_sorted_values),
        cmocka_unit_test(signed_values_and_zero),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(empty_and_single),
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(reset_keeps_pages_in_use),
        cmocka_unit_test(coarse_values_are_exact),
        cmocka_unit_test(hostile_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
