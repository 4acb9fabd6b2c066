/* `k6 inspect`: the script is loaded in the conductor, its options are printed, nothing runs. */
#include <errno.h>
#include <stdlib.h>

#include "cli/k6_script.h"

struct inspection {
    struct k6_script script; /* first: the fleet's ctx is cast from it */
    enum options_print what;
    struct buf out;
};

static int inspect(void *ctx, struct view description, struct plan *out, struct error *err) {
    struct inspection *x = ctx;
    struct options_notes *notes = calloc(1, sizeof *notes);
    struct k6_layers layers = {0};
    (void)out; /* an empty plan will do */

    if (!notes)
        return error_set(err, -ENOMEM, "out of memory");
    int rc = k6_layers_init(&layers, &x->script, description, err);
    if (rc == 0)
        rc = options_inspect(&layers.options, x->what, &x->out, notes, err);
    k6_script_tell(&x->script, notes, rc, err);
    k6_layers_deinit(&layers);
    free(notes);
    return rc;
}

int cmd_k6_inspect(struct k6_call *call) {
    struct inspection x = {.what = OPTIONS_OF_SCRIPT, .out = BUF_MAX(OPTIONS_JSON_BYTES_MAX)};
    struct error err = ERROR_NULL;
    struct fleet_outcome outcome = {0};
    struct fleet_options o;
    int code;

    if (flags_get(&call->flags, call->tables, "execution-requirements", NULL))
        x.what = OPTIONS_REQUIREMENTS;
    if (k6_script_init(&x.script, call, &err)) {
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
        code = x.script.exit_code;
    } else {
        k6_script_fleet_options(&x.script, &o);
        o.describe_only = true;
        o.callbacks.make_plan = inspect;
        int rc = fleet_run(&o, &outcome);
        code = k6_script_end(&x.script, rc, &outcome);
        if (code == EXIT_CODE_OK)
            fwrite(x.out.ptr, 1, x.out.len, stdout);
    }
    buf_deinit(&x.out);
    k6_script_deinit(&x.script);
    return code;
}
