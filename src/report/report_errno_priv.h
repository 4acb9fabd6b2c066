/* The system's words for an errno as Go (and so k6) writes them: "no such file or directory". */
#ifndef REPORT_ERRNO_PRIV_H
#define REPORT_ERRNO_PRIV_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static inline const char *report_errno(int error) {
    static _Thread_local char text[128];
    snprintf(text, sizeof text, "%s", strerror(error));
    if (text[0] && !(text[1] >= 'A' && text[1] <= 'Z'))
        text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

#endif
