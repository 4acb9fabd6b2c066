/* Ends a run when it is precise enough: response times have settled, or their mean is known to so many
 * percent. A sink that watches, and the run in its hands. */
#ifndef CLI_UNTIL_STEADY_H
#define CLI_UNTIL_STEADY_H

#include "cli/log_printer.h"
#include "fleet/control.h"
#include "report/sink.h"

enum { UNTIL_STEADY_SECONDS_MIN = 20 /* of the stretch that settled */ };

struct until_steady_options {
    bool steady;
    double ci; /* half width of the 95 % interval of the mean, relative: 0.05; 0 = not asked for */
    struct log_printer *log;
};
struct report_sink *until_steady_new(const struct until_steady_options *o); /* NULL without memory */
void until_steady_hold(
    struct report_sink *s, struct controller *c); /* the run can be ended from now on; NULL: no longer */

#endif
