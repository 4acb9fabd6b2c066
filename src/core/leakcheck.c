#include "core/leakcheck.h"

#include "core/sanitizer_priv.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

bool leakcheck_by_valgrind(void) {
    return RUNNING_ON_VALGRIND != 0;
}

bool leakcheck_active(void) {
    return HAS_ASAN || leakcheck_by_valgrind();
}
