/* The life of a Python process of ours: serve(bus_fd, host_class). */
#ifndef PYMODULE_SERVE_H
#define PYMODULE_SERVE_H

void *serve(void *self, void *args); /* PyObject *: METH_VARARGS */

#endif
