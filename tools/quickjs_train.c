/* Runs tools/quickjs_train.js in a QuickJS that counts its branches, and makes and frees many runtimes, as a
 * start of many users does. tools/setup builds the QuickJS that we link from those counts. */
#include <quickjs.h>
#include <stdio.h>

enum { RUNTIMES = 60, TRAINED_EVERY = 20, SCRIPT_BYTES_MAX = 1 << 16 };

static int run(const char *text, size_t len) {
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = JS_NewContext(rt), *of_job;
    int failed = 0;

    if (len > 0) {
        JSValue v = JS_Eval(ctx, text, len, "quickjs_train.js", JS_EVAL_TYPE_GLOBAL);
        failed = JS_IsException(v);
        JS_FreeValue(ctx, v);
        while (JS_ExecutePendingJob(rt, &of_job) > 0)
            continue;
    }
    JS_FreeContext(ctx);
    JS_FreeRuntime(rt);
    return failed;
}

int main(int argc, char **argv) {
    static char text[SCRIPT_BYTES_MAX];
    FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;
    size_t len = f ? fread(text, 1, sizeof text - 1, f) : 0;
    int failed = len == 0;

    for (int i = 0; i < RUNTIMES && !failed; i++)
        failed = run(text, i % TRAINED_EVERY ? 0 : len);
    return failed;
}
