/* The script host of Python: Locust's API. The locustfile and everything Locust-like is Python's
 * (python/locust); this ties it to the engine. */
#ifndef SCRIPT_PYTHON_HOST_H
#define SCRIPT_PYTHON_HOST_H

#include "script/script.h"

extern const struct script_ops python_host;

/* The class `Host` (PyObject *, held) that load() makes its object of. Before the engine loads. */
void python_host_use(void *host_class);

/* Functions of the extension that speak to the engine; self and arguments as METH_VARARGS (| METH_KEYWORDS).
 * PyObject * all. */
void *python_host_user_done(void *self, void *token);
void *python_host_arrival(void *self, void *token);
void *python_host_arrival_done(void *self, void *token);
void *python_host_once_done(void *self, void *args, void *kwargs);
void *python_host_wish_users(void *self, void *args, void *kwargs);
void *python_host_wish_stop(void *self, void *unused);
void *python_host_wish_quit(void *self, void *args, void *kwargs);
void *python_host_send_message(void *self, void *args, void *kwargs);
void *python_host_client_id(void *self, void *unused);
void *python_host_reset_stats(void *self, void *unused);
struct view python_host_node(void); /* "local", or the id of this process among several */

#endif
