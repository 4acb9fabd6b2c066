/* CPython through its limited API (3.10 and later), and the small conversions that everybody here needs. */
#ifndef SCRIPT_PYTHON_PYTHON_TEXT_H
#define SCRIPT_PYTHON_PYTHON_TEXT_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030A0000
#endif
#include <Python.h>

#include "core/view.h"

/* The text of a str (UTF-8, kept by the object) or the bytes of bytes. False: another type, with TypeError
 * "what must be …". */
bool python_view(PyObject *o, const char *what, struct view *out);
PyObject *python_str(struct view v);    /* UTF-8; what is none is replaced */
PyObject *python_latin1(struct view v); /* header fields */
PyObject *python_bytes(struct view v);
/* Sets and steals: *slot = value, the old one is released. */
void python_set(PyObject **slot, PyObject *value);
/* Calls o.name(…); NULL with the exception. `args` as Py_BuildValue, always a tuple. */
PyObject *python_call(PyObject *o, const char *name, const char *args, ...);
/* The present exception as text with its traceback, cleared. New reference, or NULL without memory. */
PyObject *python_take_exception_text(void);

#endif
