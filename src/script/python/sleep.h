/* Waiting on the engine's timer. */
#ifndef SCRIPT_PYTHON_SLEEP_H
#define SCRIPT_PYTHON_SLEEP_H

void *python_sleep(void *self, void *seconds); /* PyObject *: METH_O */

#endif
