/* What the course of a run says: was it steady, still rising, and at how many users did response times leave their level? Arithmetic on
 * points only. */
#ifndef REPORT_MEANING_COURSE_H
#define REPORT_MEANING_COURSE_H

#include "report/meaning.h"
#include "stats/steady.h"

enum meaning_trend { MEANING_UNKNOWN, MEANING_STEADY, MEANING_RISING, MEANING_FALLING, MEANING_LOAD_CHANGED };
struct meaning_course {
    enum meaning_trend trend;
    double before_ms, last_ms; /* means of the second and the last third */
    struct steady latency, throughput; /* of the stretch at the end in which the users stayed about the same */
    bool warm;                 /* a warm-up was found and left out of `latency` */
    double warmup_s;
    bool knee;                 /* response times left their level while users rose */
    double knee_users, base_ms, peak_users, peak_ms;
};
struct meaning_course meaning_course_of(const struct meaning_point *points, size_t n);

#endif
