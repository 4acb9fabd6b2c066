/* For tests: files below a folder of their own that stand for the kernel's. */
#ifndef OBSERVE_FIXTURE_PRIV_H
#define OBSERVE_FIXTURE_PRIV_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/file.h"

struct fixture {
    char root[64];
};

static inline void fixture_init(struct fixture *f) {
    snprintf(f->root, sizeof f->root, "/tmp/halftime-kernel-XXXXXX");
    assert_non_null(mkdtemp(f->root));
}

static int fixture_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline void fixture_deinit(struct fixture *f) {
    enum { DESCRIPTORS = 8 };
    nftw(f->root, fixture_remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_write(const struct fixture *f, const char *path, const char *text) {
    char full[256], *slash;
    struct error err = ERROR_NULL;
    snprintf(full, sizeof full, "%s%s", f->root, path);
    slash = strrchr(full, '/');
    *slash = '\0';
    assert_int_equal(file_make_dirs(full, &err), 0);
    *slash = '/';
    assert_int_equal(file_write(full, view_of_cstr(text), &err), 0);
}

#endif
