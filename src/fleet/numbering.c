#include "fleet/numbering.h"

#include "load/plan.h"

#include <assert.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock inside a process would not protect the others");

enum { NUMBERING_BYTES = PLAN_SCENARIOS_MAX * sizeof(_Atomic uint64_t) };

int numbering_new(int *fd) {
    *fd = memfd_create("halftime numbers", MFD_CLOEXEC);
    if (*fd < 0)
        return -errno;
    if (ftruncate(*fd, NUMBERING_BYTES) == 0)
        return 0;
    int r = -errno;
    close(*fd);
    *fd = -1;
    return r;
}

_Atomic uint64_t *numbering_map(int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size != NUMBERING_BYTES)
        return NULL;
    void *page = mmap(NULL, NUMBERING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return page == MAP_FAILED ? NULL : page;
}
