#include "script/python/python_text.h"

bool python_view(PyObject *o, const char *what, struct view *out) {
    if (PyUnicode_Check(o)) {
        Py_ssize_t n;
        const char *p = PyUnicode_AsUTF8AndSize(o, &n);
        *out = view_of(p, p ? (size_t)n : 0);
        return p != NULL;
    }
    if (PyBytes_Check(o)) {
        char *p;
        Py_ssize_t n;
        if (PyBytes_AsStringAndSize(o, &p, &n) < 0)
            return false;
        *out = view_of(p, (size_t)n);
        return true;
    }
    PyErr_Format(PyExc_TypeError, "%s must be str or bytes, not %R", what, (PyObject *)Py_TYPE(o));
    return false;
}

PyObject *python_str(struct view v) {
    return PyUnicode_DecodeUTF8(v.ptr ? v.ptr : "", (Py_ssize_t)v.len, "replace");
}
PyObject *python_latin1(struct view v) {
    return PyUnicode_DecodeLatin1(v.ptr ? v.ptr : "", (Py_ssize_t)v.len, NULL);
}
PyObject *python_bytes(struct view v) {
    return PyBytes_FromStringAndSize(v.ptr ? v.ptr : "", (Py_ssize_t)v.len);
}

void python_set(PyObject **slot, PyObject *value) {
    PyObject *old = *slot;
    *slot = value;
    Py_XDECREF(old);
}

PyObject *python_call(PyObject *o, const char *name, const char *args, ...) {
    PyObject *method = PyObject_GetAttrString(o, name);
    if (!method)
        return NULL;
    va_list list;
    va_start(list, args);
    PyObject *tuple = Py_VaBuildValue(args, list), *r = NULL;
    va_end(list);
    if (tuple)
        r = PyObject_Call(method, tuple, NULL);
    Py_XDECREF(tuple);
    Py_DECREF(method);
    return r;
}

PyObject *python_take_exception_text(void) {
    PyObject *type, *value, *trace, *text = NULL;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *module = PyImport_ImportModule("traceback");
    PyObject *lines = module ? python_call(module, "format_exception", "(OOO)", type ? type : Py_None,
                                   value ? value : Py_None, trace ? trace : Py_None)
                             : NULL;
    PyObject *empty = lines ? PyUnicode_FromString("") : NULL;
    if (empty)
        text = PyUnicode_Join(empty, lines);
    if (!text) {
        PyErr_Clear();
        text = value ? PyObject_Str(value) : PyUnicode_FromString("unknown error");
        PyErr_Clear();
    }
    Py_XDECREF(empty);
    Py_XDECREF(lines);
    Py_XDECREF(module);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return text;
}
