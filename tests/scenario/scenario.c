/* scenario FILE.scn…: runs each, says what did not hold, exits with 1 if anything did not. */
#include "scenario_priv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int run_file(const char *path, const char *ca_path) {
    struct script *s = calloc(1, sizeof *s);
    int failed = 0;

    if (!s || script_read(s, path) < 0)
        exit(2);
    for (size_t i = 0; i < s->server_count; i++)
        if (server_start(s, &s->servers[i]) != 0)
            exit(2);
    failed = client_run(s, ca_path);
    for (size_t i = 0; i < s->server_count; i++) {
        server_join(&s->servers[i]);
        if (s->servers[i].failure[0]) {
            fprintf(stderr, "%s: server %zu: %s\n", path, i + 1, s->servers[i].failure);
            failed = 1;
        }
    }
    buf_deinit(&s->text);
    free(s);
    return failed;
}

int main(int argc, char **argv) {
    char ca_path[] = "/tmp/scenario-ca-XXXXXX.pem";
    int fd = mkstemps(ca_path, 4), failed = 0;

    signal(SIGPIPE, SIG_IGN);
    alarm(50); /* a scenario that hangs */
    if (fd < 0 || certificate_authority(ca_path) < 0)
        return 2;
    close(fd);
    for (int i = 1; i < argc; i++) {
        int r = run_file(argv[i], ca_path);
        if (r)
            fprintf(stderr, "FAILED %s\n", argv[i]);
        failed |= r;
    }
    unlink(ca_path);
    certificate_end();
    return failed ? 1 : 0;
}
