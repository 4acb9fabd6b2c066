/* environment.stats: everything measured so far, as Python objects. */
#ifndef PYMODULE_STATISTICS_H
#define PYMODULE_STATISTICS_H

struct runtime;

void *statistics(void *self, void *args, void *kwargs); /* PyObject *: stats(merged=True) */
/* Once a second is enough: keeps the counts of the latest seconds. */
void statistics_tick(struct runtime *rt);

#endif
