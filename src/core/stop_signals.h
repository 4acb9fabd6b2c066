/* The wish to stop (SIGINT, SIGTERM) as a descriptor. Open it before other threads are made, which inherit
 * the mask. */
#ifndef CORE_STOP_SIGNALS_H
#define CORE_STOP_SIGNALS_H

/* Blocks both signals for good, ignores SIGPIPE; returns a signalfd (nonblocking, closed on exec) or -errno.
 */
int stop_signals_open(void);
/* The signal's number, or 0: none was sent. */
int stop_signals_read(int fd);

#endif
