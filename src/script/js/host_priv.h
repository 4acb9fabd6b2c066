/* The host: what all VUs of one process share. */
#ifndef SCRIPT_JS_HOST_PRIV_H
#define SCRIPT_JS_HOST_PRIV_H

#include "script/js/host.h"
#include "script/js/loader.h"
#include "script/js/options/options.h"
#include "script/js/record.h"
#include "script/js/vu.h"
#include "stats/trace_mark.h"

struct host_data {
    struct host_data *next;
    const void *key;
    void *data;
    void (*free_data)(void *data);
};

struct script_host {
    struct script_services services;
    struct loader loader;
    struct plan_pair *env; /* sorted by key */
    size_t env_count;
    struct arena arena;    /* env's text, cwd */
    bool extended;

    const struct plan *plan; /* NULL before ops.plan */
    struct options_runtime options;
    struct http_client *client;
    struct record record;    /* tag sets of http samples, cached */
    bool init_is_clean;      /* init code leaves no garbage worth a collection */
    struct trace_marker marker; /* of requests, when the plan wants it */
    int64_t wall_offset_ns;  /* wall clock minus the loop's clock */
    char *setup_data;        /* JSON, NULL = undefined */
    size_t setup_data_len;

    /* what the conductor learnt from VU 0 */
    bool described;
    struct buf description;
    struct buf message;      /* text of the last script_result */

    struct vu *once_vu;
    enum script_once once_what;
    struct buf once_input, once_output;
    int64_t once_timeout_us;
    struct host_data *data;
};

/* A metric that needs the plan's tags, at the VU's present tag set. */
static inline const struct script_services *vu_services(const struct vu *vu) { return &vu->host->services; }

#endif
