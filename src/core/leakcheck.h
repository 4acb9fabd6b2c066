/* Whether somebody watches this process's memory to the end: AddressSanitizer, or valgrind. Then what was allocated is freed before the
 * process ends, and children get the time to do so. Otherwise that is left to the kernel, which is much faster. */
#ifndef CORE_LEAKCHECK_H
#define CORE_LEAKCHECK_H

#include <stdbool.h>

bool leakcheck_active(void);
bool leakcheck_by_valgrind(void);

#endif
