/* How a page is served: the flags that all who serve one share, and what is said when it is up. */
#ifndef CLI_UI_FLAGS_H
#define CLI_UI_FLAGS_H

#include "cli/flags.h"
#include "cli/ui_session.h"

#define UI_PORT "7400"

extern const struct flag ui_server_flags[]; /* --web-token, --tls-cert, --tls-key, --web-base-path */

struct ui_server {
    const char *listen; /* NULL or "" = 127.0.0.1:7400 */
    const char *token, *tls_cert, *tls_key, *base_path;
    bool token_wanted; /* one is made even for a loopback address */
    unsigned sets;
};
void ui_server_read(struct ui_server *s, const struct flag_result *r, const struct flag *const *tables);
/* Serves, makes a token where one is needed, and says where (`out`; NULL = silent) and what is not safe about
 * it (stderr). */
int ui_server_open(struct ui_session *u, const struct ui_server *s, FILE *out, struct error *err) MUST_USE;

#endif
