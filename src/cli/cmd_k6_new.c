/* `k6 new`: a first script to start from. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/k6_command.h"

enum { TEMPLATE_BYTES_MAX = 1024 * 1024 };

/* %s: extra options (a project of the cloud service), or nothing. */
static const struct {
    const char *name, *text;
} templates[] = {
    {"minimal",
        "import http from 'k6/http';\n"
        "import { check, sleep } from 'k6';\n\n"
        "// Ten users for half a minute.\n"
        "export const options = {\n"
        "  vus: 10,\n"
        "  duration: '30s',\n%s"
        "};\n\n"
        "export default function () {\n"
        "  const res = http.get('http://127.0.0.1:6400/');\n"
        "  check(res, { 'status is 200': (r) => r.status === 200 });\n"
        "  sleep(1);\n"
        "}\n"},
    {"protocol",
        "import http from 'k6/http';\n"
        "import { check, group, sleep } from 'k6';\n\n"
        "const BASE = __ENV.BASE_URL || 'http://127.0.0.1:6400';\n\n"
        "// Users come and go; the run fails when it gets slow or wrong.\n"
        "export const options = {\n"
        "  stages: [\n"
        "    { duration: '10s', target: 20 },\n"
        "    { duration: '30s', target: 20 },\n"
        "    { duration: '10s', target: 0 },\n"
        "  ],\n"
        "  thresholds: {\n"
        "    http_req_failed: ['rate<0.01'],\n"
        "    http_req_duration: ['p(95)<500'],\n"
        "  },\n%s"
        "};\n\n"
        "// Once, before the users start: what it returns, each of them gets.\n"
        "export function setup() {\n"
        "  return { title: `load test of ${new Date().toISOString()}` };\n"
        "}\n\n"
        "export default function (data) {\n"
        "  group('todos', () => {\n"
        "    const list = http.get(`${BASE}/api/v1/todos`);\n"
        "    check(list, { 'list is 200': (r) => r.status === 200 });\n"
        "    const created = http.post(`${BASE}/api/v1/todos`, JSON.stringify({ title: data.title }), {\n"
        "      headers: { 'Content-Type': 'application/json' },\n"
        "    });\n"
        "    check(created, { 'created is 201': (r) => r.status === 201 });\n"
        "  });\n"
        "  sleep(Math.random() * 2);\n"
        "}\n"},
};

static int fail(struct k6_call *call, const char *fmt, const char *what) {
    char text[512];

    snprintf(text, sizeof text, fmt, what);
    log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", text);
    return EXIT_CODE_USAGE;
}

static int write_template(FILE *out, const char *text, const char *project) {
    char options[256] = "";

    if (project)
        snprintf(options, sizeof options, "  cloud: {\n    projectID: %.100s,\n  },\n", project);
    const char *hole = strstr(text, "%s");
    fprintf(out, "%.*s%s%s", (int)(hole - text), text, options, hole + 2);
    return fclose(out);
}

static int copy_file(FILE *out, FILE *in) {
    char block[4096];
    size_t n, total = 0;

    while ((n = fread(block, 1, sizeof block, in)) > 0 && (total += n) <= TEMPLATE_BYTES_MAX)
        if (fwrite(block, 1, n, out) != n)
            break;
    fclose(in);
    return fclose(out);
}

int cmd_k6_new(struct k6_call *call) {
    const char *name = call->flags.arg_count ? call->flags.args[0] : "script.js";
    const char *wanted = flags_get(&call->flags, call->tables, "template", NULL), *text = NULL;
    FILE *in = NULL;

    if (!wanted)
        wanted = "minimal";
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
        if (!strcmp(templates[i].name, wanted))
            text = templates[i].text;
    if (!text && strchr(wanted, '/'))
        in = fopen(wanted, "re");
    if (!text && !in)
        return fail(call, "error retrieving template: invalid template type \"%.300s\": minimal, protocol, or a path with a slash in it", wanted);
    if (access(name, F_OK) == 0 && !flags_get(&call->flags, call->tables, "force", NULL)) {
        if (in)
            fclose(in);
        return fail(call, "%.300s already exists. Use the `--force` flag to overwrite it", name);
    }
    FILE *out = fopen(name, "we");
    if (!out) {
        if (in)
            fclose(in);
        return fail(call, "the script cannot be written: %.400s", strerror(errno));
    }
    if (in ? copy_file(out, in) : write_template(out, text, flags_get(&call->flags, call->tables, "project-id", NULL)))
        return fail(call, "the script cannot be written: %.400s", strerror(errno));
    printf("New script created: %s (%s template).\n", name, wanted);
    return EXIT_CODE_OK;
}
