/* The user's own Python, so that a virtual environment with its packages just works. Whether gevent is there
 * is asked without importing it: that takes a tenth of the time. Our packages stand beside the program (a
 * build tree) or below its prefix (installed); they come first on the path of our processes, so that `import
 * locust` finds ours whatever else is installed. */
#include "cli/locust_python.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/view.h"

enum { ANSWER_OK = 0, ANSWER_OLD = 3, ANSWER_NO_GEVENT = 4, ANSWER_NOT_STARTED = 127 };

static const char question[] = "import sys\n"
                               "if sys.version_info < (3, 10): sys.exit(3)\n"
                               "from importlib.util import find_spec\n"
                               "sys.exit(0 if find_spec('gevent') else 4)\n";

/* As `-m halftime.worker`, which would put the working directory first on the path: a json.py beside the
 * locustfile must not take the place of Python's. The worker adds that directory itself, when its own modules
 * are there. */
static const char start[] = "import sys\n"
                            "if sys.path and not sys.path[0]: del sys.path[0]\n"
                            "import runpy\n"
                            "runpy.run_module('halftime.worker', run_name='__main__', alter_sys=True)\n";

static int ask(const char *program) {
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        execlp(program, program, "-c", question, (char *)NULL);
        _exit(ANSWER_NOT_STARTED);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return ANSWER_NOT_STARTED;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : ANSWER_NOT_STARTED;
}

static int refuse(const char *program, int answer, struct error *err) {
    switch (answer) {
    case ANSWER_OLD:
        return error_set(
            err, ERROR_INVALID, "%s is older than Python 3.10; name another one with --python", program);
    case ANSWER_NO_GEVENT:
        return error_set(err, ERROR_INVALID,
            "%s has no gevent: install it (Debian: python3-gevent; in a virtual environment: pip install "
            "gevent), or name another Python with --python",
            program);
    default:
        return error_set(
            err, ERROR_INVALID, "%s does not run; name a Python 3.10 or later with --python", program);
    }
}

static int take(struct locust_python *p, const char *program, struct error *err) {
    if ((size_t)snprintf(p->program, sizeof p->program, "%s", program) >= sizeof p->program)
        return error_set(err, ERROR_LIMIT, "the path of Python is too long: %.64s…", program);
    int answer = ask(p->program);
    return answer == ANSWER_OK ? 0 : refuse(program, answer, err);
}

static int take_first_on_path(struct locust_python *p, struct error *err) {
    struct view rest = view_of_cstr(getenv("PATH"));
    struct error first = ERROR_NULL;
    char program[LOCUST_PATH_MAX];

    while (rest.len) {
        struct view folder = view_cut(&rest, ':', NULL);
        snprintf(program, sizeof program, "%.*s/python3", VIEW_ARGS(folder));
        if (access(program, X_OK) != 0)
            continue;
        if (take(p, program, first.code ? NULL : &first) == 0)
            return 0;
    }
    return error_set(err, ERROR_INVALID, "%s",
        first.code ? first.text
                   : "there is no python3 on PATH: install it (Debian: python3 python3-gevent), or name one "
                     "with --python");
}

static int find_program(struct locust_python *p, const char *asked, struct error *err) {
    const char *environment = getenv("VIRTUAL_ENV");
    char program[LOCUST_PATH_MAX];

    if (asked)
        return take(p, asked, err);
    if (!environment || !environment[0])
        return take_first_on_path(p, err);
    snprintf(program, sizeof program, "%s/bin/python", environment);
    int r = take(p, program, err);
    return r < 0 ? error_wrap(err, "$VIRTUAL_ENV") : 0;
}

static bool has_package(const char *folder) {
    char file[LOCUST_PATH_MAX + 64];
    struct stat st;

    snprintf(file, sizeof file, "%s/halftime/_native.abi3.so", folder);
    return stat(file, &st) == 0;
}

static int find_package(struct locust_python *p, struct error *err) {
    static const char *const places[] = {"python", "../share/halftime/python"};
    char self[LOCUST_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n <= 0)
        return error_set(err, -errno, "/proc/self/exe cannot be read: %s", strerror(errno));
    self[n] = 0;
    *strrchr(self, '/') = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if ((size_t)snprintf(p->package, sizeof p->package, "%s/%s", self, places[i]) >= sizeof p->package)
            return error_set(err, ERROR_LIMIT, "the program's path is too long");
        if (has_package(p->package))
            return 0;
    }
    return error_set(err, ERROR_INVALID,
        "the Python packages of halftime were not found beside the program (%s/python) nor in "
        "%s/../share/halftime/python: build with python3-dev "
        "installed, or install the program with `cmake --install`",
        self, self);
}

int locust_python_find(struct locust_python *p, const char *asked, struct error *err) {
    const char *before = getenv("PYTHONPATH");

    *p = (struct locust_python){.program = ""};
    int r = find_package(p, err);
    r = r < 0 ? r : find_program(p, asked, err);
    if (r < 0)
        return r;
    bool more = before && before[0];
    if ((size_t)snprintf(p->path_variable, sizeof p->path_variable, "PYTHONPATH=%s%s%s", p->package,
            more ? ":" : "", more ? before : "") >= sizeof p->path_variable)
        return error_set(err, ERROR_LIMIT, "$PYTHONPATH is longer than %zu bytes", sizeof p->path_variable);
    p->argv[0] = p->program;
    p->argv[1] = "-c";
    p->argv[2] = start;
    p->environment[0] = p->path_variable;
    p->process = (struct process_program){.argv = p->argv, .environment = p->environment};
    return 0;
}
