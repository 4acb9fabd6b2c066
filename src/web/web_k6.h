/* What k6's REST API answers (JSON:API), from the state of a run. */
#ifndef WEB_WEB_K6_H
#define WEB_WEB_K6_H

#include <jansson.h>

#include "report/sink.h"

/* k6's numbers of where a run is. */
enum web_k6_status {
    WEB_K6_CREATED = 0,
    WEB_K6_INIT_VUS = 1,
    WEB_K6_SETUP = 6,
    WEB_K6_RUNNING = 7,
    WEB_K6_TEARDOWN = 8,
    WEB_K6_ENDED = 9,
    WEB_K6_INTERRUPTED = 10,
};
/* r NULL: not loaded yet, or (ended) over. */
json_t *web_k6_status(const struct run_state *r, bool ended);
/* Arrays of resources. NULL without memory. */
json_t *web_k6_metrics(const struct run_state *r);
json_t *web_k6_groups(const struct run_state *r);
json_t *web_k6_setup(struct view data);
/* {"data": value}; takes the value. One of an array by its id, or NULL. */
json_t *web_k6_document(json_t *data);
json_t *web_k6_find(const json_t *list, const char *id);
json_t *web_k6_error(const char *status, const char *title, const char *detail);

#endif
