/* fork and exec of /proc/self/exe, or of another program. exec, because a forked copy would drag along the controller's memory and descriptors.
 *
 * Other threads may hold any lock when we fork (libnats has some), and in the child nobody will ever let it go. So the environment is made
 * before, and the child calls nothing that allocates. */
#include "fleet/process.h"

#include "core/environment.h"
#include "core/leakcheck.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESS_WAIT_STEP_MS = 5, PROCESS_PATH_MAX = 4096 };

/* Under valgrind /proc/self/exe is valgrind; only readlink knows better. */
static const char *own_program(char path[PROCESS_PATH_MAX]) {
    ssize_t n = leakcheck_by_valgrind() ? readlink("/proc/self/exe", path, PROCESS_PATH_MAX - 1) : -1;
    if (n < 0)
        return "/proc/self/exe";
    path[n] = '\0';
    return path;
}

/* Both may stand where the other belongs, so they move out of the way first. */
static bool place_files(int bus_fd, int numbers_fd) {
    enum { OUT_OF_THE_WAY = 16 };
    int bus = fcntl(bus_fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    int numbers = numbers_fd < 0 ? -1 : fcntl(numbers_fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    if (bus < 0 || dup2(bus, PROCESS_BUS_FD) < 0)
        return false;
    return numbers_fd < 0 || (numbers >= 0 && dup2(numbers, PROCESS_NUMBERS_FD) >= 0);
}

/* What the new program is, made before the fork. */
struct image {
    const char *path; /* looked for on PATH, if it is another program */
    char *const *argv;
    char **environment;
    const char *folder; /* NULL = where we are */
    bool other;
    char own_path[PROCESS_PATH_MAX];
};

static bool make_image(struct image *image, const struct process_program *program, char *const argv[]) {
    /* malloc asks for huge pages: a user's struct, request and connection lie on as many pages, and thousands of users pass the TLB. */
    static const char *const huge[] = {"GLIBC_TUNABLES=glibc.malloc.hugetlb=1"};
    size_t more = 0;

    *image = (struct image){.argv = argv, .other = program != NULL};
    while (program && program->environment && program->environment[more])
        more++;
    image->environment = program ? environment_with(program->environment, more, true) : environment_with(huge, 1, false);
    image->path = program ? program->argv[0] : own_program(image->own_path);
    if (program) {
        image->argv = (char *const *)(uintptr_t)program->argv;
        image->folder = program->folder;
    }
    return image->environment != NULL;
}

static _Noreturn void become(const struct image *image) {
    if (!image->folder || chdir(image->folder) == 0) {
        if (image->other)
            execvpe(image->path, image->argv, image->environment);
        else
            execve(image->path, image->argv, image->environment);
    }
    dprintf(STDERR_FILENO, "halftime: cannot start the worker process %s: %s\n", image->argv[0], strerror(errno));
    _exit(127);
}

static _Noreturn void run_child(int fd, int numbers_fd, pid_t parent, const struct image *image) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* the parent died before prctl took effect */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!place_files(fd, numbers_fd))
        _exit(127);
    become(image);
}

int process_spawn(struct process *p, const struct process_program *program, const char *host_name, const char *role, int numbers_fd) {
    int pair[2];
    *p = PROCESS_NULL;
    char argv0[64];
    snprintf(argv0, sizeof argv0, "halftime %s", role);
    char *argv[] = {argv0, (char[]){"__worker"}, (char *)(uintptr_t)host_name, NULL};
    struct image image;
    if (!make_image(&image, program, argv))
        return -ENOMEM;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        free(image.environment);
        return -errno;
    }
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    int forked = pid < 0 ? -errno : 0;
    if (pid == 0)
        run_child(pair[1], numbers_fd, parent, &image);
    free(image.environment);
    close(pair[1]);
    if (forked < 0) {
        close(pair[0]);
        return forked;
    }
    p->pid = pid;
    p->socket_fd = pair[0];
    return 0;
}

void process_kill(struct process *p) {
    if (p->pid > 0)
        kill(p->pid, SIGKILL);
}

bool process_wait(struct process *p, int patience_ms) {
    for (int waited_ms = 0; p->pid > 0 && waited_ms <= patience_ms; waited_ms += PROCESS_WAIT_STEP_MS) {
        pid_t r = waitpid(p->pid, &p->status, WNOHANG);
        if (r == p->pid || (r < 0 && errno == ECHILD)) {
            p->pid = 0;
            break;
        }
        poll(NULL, 0, PROCESS_WAIT_STEP_MS);
    }
    return p->pid <= 0;
}

void process_reap(struct process *p) {
    if (p->pid <= 0)
        return;
    while (waitpid(p->pid, &p->status, 0) < 0 && errno == EINTR)
        continue;
    p->pid = 0;
}

const char *process_end_words(const struct process *p, char *out, size_t out_size) {
    if (WIFSIGNALED(p->status))
        snprintf(out, out_size, "was killed by signal %d (%s)", WTERMSIG(p->status), strsignal(WTERMSIG(p->status)));
    else
        snprintf(out, out_size, "exited with code %d", WEXITSTATUS(p->status));
    return out;
}
