/* Bundle → tar → bundle gives the same files; damaged tars are refused. */
#include "script/js/host.h"
#include "script/js/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define METADATA "{\"filename\": \"file:///scripts/main.js\", \"pwd\": \"file:///scripts\"}"

static struct view long_url(void) {
    static char text[400];
    int n = snprintf(text, sizeof text, "file:///scripts/%0200d.js", 7);
    return view_of(text, (size_t)n);
}

static void make_bundle(struct buf *out) {
    struct loader l;
    struct source *s;
    loader_init(&l);
    l.entry_url = VIEW("file:///scripts/main.js");
    l.entry_typed = VIEW("main.js");
    l.entry_dir = VIEW("/scripts/");
    l.cwd = VIEW("/scripts");
    assert_int_equal(loader_add(&l, l.entry_url, VIEW("import './x.js'"), SOURCE_MODULE, &s), 0);
    assert_int_equal(loader_add(&l, VIEW("https://lib.test/a.js"), VIEW("export let a"), SOURCE_MODULE, &s), 0);
    assert_int_equal(loader_add(&l, long_url(), VIEW("data\0with nul"), SOURCE_DATA, &s), 0);
    assert_int_equal(loader_pack(&l, out), 0);
    loader_deinit(&l);
}

static void tar_round_trip(void **state) {
    (void)state;
    struct buf bundle CLEANUP(buf_deinit) = BUF_MAX(1 << 20), tar CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    struct buf again CLEANUP(buf_deinit) = BUF_MAX(1 << 20), metadata CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    struct error err = ERROR_NULL;
    struct loader l;

    make_bundle(&bundle);
    assert_int_equal(bundle_to_tar(buf_view(&bundle), VIEW(METADATA), &tar), 0);
    assert_int_equal(tar.len % 512, 0);
    assert_int_equal(bundle_from_tar(buf_view(&tar), &again, &metadata, &err), 0);
    assert_string_equal(metadata.ptr, METADATA);
    loader_init(&l);
    assert_int_equal(loader_unpack(&l, buf_view(&again), &err), 0);
    assert_true(view_eq(l.entry_url, VIEW("file:///scripts/main.js")));
    assert_true(view_eq(l.entry_dir, VIEW("/scripts/")));
    assert_true(view_eq(loader_find(&l, l.entry_url)->text, VIEW("import './x.js'")));
    assert_true(view_eq(loader_find(&l, VIEW("https://lib.test/a.js"))->text, VIEW("export let a")));
    assert_true(view_eq(loader_find(&l, long_url())->text, VIEW("data\0with nul")));
    loader_deinit(&l);
}

static void damaged_tars_are_refused(void **state) {
    (void)state;
    struct buf bundle CLEANUP(buf_deinit) = BUF_MAX(1 << 20), tar CLEANUP(buf_deinit) = BUF_MAX(1 << 20);

    make_bundle(&bundle);
    assert_int_equal(bundle_to_tar(buf_view(&bundle), VIEW(METADATA), &tar), 0);
    for (size_t cut = 0; cut < tar.len - 1024; cut += 100) {
        struct buf again CLEANUP(buf_deinit) = BUF_MAX(1 << 20), metadata CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
        struct error err = ERROR_NULL;
        int r = bundle_from_tar(view_take(buf_view(&tar), cut), &again, &metadata, &err);
        if (cut <= 1536)
            assert_true(r < 0 && err.text[0]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tar_round_trip),
        cmocka_unit_test(damaged_tars_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
