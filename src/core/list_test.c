#include "core/list.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
struct item {
    int value;
    struct list entry;
};

static int value_of(struct list *e) {
    return LIST_ENTRY(e, struct item, entry)->value;
}

static void test_order(void **state) {
    struct list head;
    struct item items[4] = {{.value = 0}, {.value = 1}, {.value = 2}, {.value = 3}};
    (void)state;
    list_init(&head);
    assert_true(list_empty(&head) && !list_pop(&head) && !list_first(&head));
    list_push(&head, &items[1].entry);
    list_push(&head, &items[2].entry);
    list_push_front(&head, &items[0].entry);
    list_push(&head, &items[3].entry);
    int n = 0;
    LIST_EACH(e, &head) {
        assert_int_equal(value_of(e), n++);
        if (value_of(e) == 2)
            list_remove(e);
    }
    assert_int_equal(n, 4);
    list_remove(&items[2].entry); /* twice is fine */
    assert_false(list_linked(&items[2].entry));
    assert_int_equal(value_of(list_pop(&head)), 0);
    assert_int_equal(value_of(list_pop(&head)), 1);
    assert_int_equal(value_of(list_pop(&head)), 3);
    assert_true(list_empty(&head));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
