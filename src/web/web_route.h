/* The table of routes, and finding one by method and path. docs/API.md says what they are. */
#ifndef WEB_WEB_ROUTE_H
#define WEB_WEB_ROUTE_H

#include "web/web.h"

struct web_request;
enum web_route_flag {
    WEB_ROUTE_OPEN = 1, /* links of other pages may lead here */
    WEB_ROUTE_FREE = 2, /* needs no token */
    WEB_ROUTE_STREAM = 4,
    WEB_ROUTE_FORM = 8, /* the body may be a form */
    WEB_ROUTE_SLOW =
        32, /* may take longer than viewers of the live stream should wait: in a thread of its own */
    WEB_ROUTE_ANY_BODY = 16, /* the body may be any JSON value, or nothing */
};
struct web_route {
    const char *method, *path; /* "{id}" is a run's number or "current", "{name}" the last piece of a path;
                                  NULL ends the table */
    unsigned set, flags;
    enum web_topic topic;                 /* not NONE: the owner is asked */
    int (*answer)(struct web_request *q); /* else it is answered here; negative = 500 */
};
extern const struct web_route web_routes[];

enum { WEB_NAME_MAX = 1024 };
struct web_place {
    const struct web_route *route;
    int64_t run;
    bool has_run, current;
    char name[WEB_NAME_MAX];
};
enum web_route_found {
    WEB_ROUTE_FOUND,
    WEB_ROUTE_NONE,
    WEB_ROUTE_OTHER_METHOD /* route is one with that path */
};
enum web_route_found web_route_find(
    unsigned sets, struct view method, struct view path, struct web_place *out);
/* "GET, POST": all methods of a path. */
int web_route_methods(unsigned sets, struct view path, struct buf *out) MUST_USE;

#endif
