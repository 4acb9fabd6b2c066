/* `halftime doctor`: what was found, what it allows, what to set. Exits with 1 when something limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/exit_code.h"

static const struct {
    const char *mark;
    int colour;
} states[] = {
    [DOCTOR_OK] = {"ok", 32},
    [DOCTOR_NOTE] = {"note", 33},
    [DOCTOR_LIMITS] = {"limits", 31},
};

int cmd_doctor(int argc, char **argv) {
    bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    struct doctor_finding list[DOCTOR_FINDINGS_MAX];
    struct doctor_facts facts;
    int limits = 0;

    if (argc > 1) {
        bool help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");
        fprintf(help ? stdout : stderr, "Usage:\n  halftime doctor\n\nTells what limits the load that this machine can make, and what to set and how.\n"
                                        "Exits with 1 when something limits.\n");
        return help ? EXIT_CODE_OK : EXIT_CODE_USAGE;
    }
    doctor_facts_read(&facts);
    int n = doctor_examine(&facts, list);
    for (int i = 0; i < n; i++) {
        const struct doctor_finding *d = &list[i];
        limits += d->state == DOCTOR_LIMITS;
        if (colour)
            printf("\x1b[%dm%-7s\x1b[0m", states[d->state].colour, states[d->state].mark);
        else
            printf("%-7s", states[d->state].mark);
        printf("%-14s %-34s %s\n", d->subject, d->value, d->meaning);
        if (d->remedy[0])
            printf("%21s → %s\n", "", d->remedy);
    }
    if (limits)
        printf("\n%d of these will be the limit before the cores are.\n", limits);
    else
        printf("\nNothing here stands in the way: the cores will be the limit.\n");
    return limits ? EXIT_CODE_LIMITED : EXIT_CODE_OK;
}
