/* One user's HTTP in Python: the types Session and Response of the extension. */
#ifndef SCRIPT_PYTHON_SESSION_H
#define SCRIPT_PYTHON_SESSION_H

#include "core/error.h"

struct runtime;
struct http_clients;

enum {
    SESSION_HEADERS_MAX = 1000, /* default headers, and headers of one request */
    SESSION_COOKIES_MAX = 1000, /* given with one request */
    SESSION_CLIENTS_MAX = 256,  /* different network settings in one process */
    SESSION_REDIRECTS_DEFAULT = 30,
    SESSION_CONNECTIONS_DEFAULT = 10,
};

/* Adds the types and their constants to a module (PyObject *). 0 or -1 with an exception. */
int session_add_to_module(void *module);

#endif
