/* The little website beside the API: handlers for the router. */
#ifndef TARGET_SITE_H
#define TARGET_SITE_H

#include <stdint.h>

struct exchange;

void site_index(struct exchange *x);
void site_about(struct exchange *x);
void site_about_redirect(struct exchange *x); /* 308 to /about/ */
/* Some KiB of script with an ETag; 304 when the client has it. */
void site_assets(struct exchange *x);
void site_login_form(struct exchange *x);
/* Takes a form or JSON with username or email, and any password. 200 with the cookies `session` (HttpOnly)
 * and `userId`; {"success":true,"userId":N}, or a page for who accepts text/html. 400 without a name. */
void site_login(struct exchange *x);
/* A page for each path below; it greets whoever brings a session. */
void site_demo(struct exchange *x);
void site_iframe(struct exchange *x);

#endif
