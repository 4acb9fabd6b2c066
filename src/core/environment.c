#include "core/environment.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool same_name(const char *a, const char *b) {
    size_t n = strcspn(a, "=");
    return strncmp(a, b, n) == 0 && (b[n] == '=' || b[n] == '\0');
}

char **environment_with(const char *const *entries, size_t count, bool they_win) {
    size_t ours = 0, n = 0;
    while (environ && environ[ours])
        ours++;
    char **all = calloc(ours + count + 1, sizeof *all);
    for (; all && n < ours; n++)
        all[n] = environ[n];
    for (size_t i = 0; all && i < count; i++) {
        size_t at = 0;
        while (at < n && !same_name(all[at], entries[i]))
            at++;
        if (at >= ours || they_win)
            all[at] = (char *)(uintptr_t)entries[i];
        n += at == n;
    }
    return all;
}
