/* `k6 version`: the release whose behaviour we follow, in k6's form, and who says so. */
#include <stdio.h>

#include "cli/k6_command.h"
#include "script/js/options/options.h"

#if defined(__x86_64__)
#define MACHINE "amd64"
#elif defined(__aarch64__)
#define MACHINE "arm64"
#else
#define MACHINE "unknown"
#endif

int cmd_k6_version(struct k6_call *call) {
    if (flags_get(&call->flags, call->tables, "json", NULL))
        printf("{\"go_arch\":\"" MACHINE "\",\"go_os\":\"linux\",\"go_version\":\"halftime/" HT_VERSION "\",\"version\":\"v" OPTIONS_K6_VERSION "\"}\n");
    else
        printf("k6 v" OPTIONS_K6_VERSION " (halftime " HT_VERSION ", linux/" MACHINE ")\n");
    return EXIT_CODE_OK;
}
