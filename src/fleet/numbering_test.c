#include "fleet/numbering.h"

#include "load/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two processes that count at once: every number comes up, none twice. */
static void processes_count_together(void **state) {
    enum { EACH = 20000 };
    (void)state;
    int fd;
    assert_int_equal(numbering_new(&fd), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    _Atomic uint64_t *numbers = numbering_map(fd);
    if (child == 0) {
        for (int i = 0; numbers && i < EACH; i++)
            atomic_fetch_add(&numbers[PLAN_SCENARIOS_MAX - 1], 1);
        _exit(0);
    }
    assert_non_null(numbers);
    for (int i = 0; i < EACH; i++)
        atomic_fetch_add(&numbers[PLAN_SCENARIOS_MAX - 1], 1);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(atomic_load(&numbers[PLAN_SCENARIOS_MAX - 1]), 2 * EACH);
    assert_int_equal(atomic_load(&numbers[0]), 0);
    close(fd);
}

static void what_is_no_page_is_refused(void **state) {
    int ends[2];
    (void)state;
    assert_null(numbering_map(-1));
    assert_int_equal(pipe(ends), 0);
    assert_null(numbering_map(ends[0]));
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_count_together),
        cmocka_unit_test(what_is_no_page_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
