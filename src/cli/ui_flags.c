#include "cli/ui_flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/k6_flags.h"

const struct flag ui_server_flags[] = {
    {"web-token", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_WEB_TOKEN", NULL,
        "what whoever opens the page must know; made and printed when the address is not 127.0.0.1 and none "
        "is given"},
    {"web-base-path", 0, FLAG_TEXT, "path", NULL, NULL, NULL, NULL, "all of the page is below it: /load"},
    {"tls-cert", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL,
        "the page is served by https with this certificate (PEM)"},
    {"tls-key", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL, "the certificate's key (PEM)"},
    {0},
};

void ui_server_read(struct ui_server *s, const struct flag_result *r, const struct flag *const *tables) {
    s->token = flags_get(r, tables, "web-token", k6_getenv);
    s->base_path = flags_get(r, tables, "web-base-path", k6_getenv);
    s->tls_cert = flags_get(r, tables, "tls-cert", k6_getenv);
    s->tls_key = flags_get(r, tables, "tls-key", k6_getenv);
}

static bool on_loopback(const char *listen) {
    return !strncmp(listen, "127.0.0.1:", 10) || !strncmp(listen, "localhost:", 10) ||
           !strncmp(listen, "[::1]:", 6) || !strchr(listen, ':') || listen[0] == ':';
}

int ui_server_open(struct ui_session *u, const struct ui_server *s, FILE *out, struct error *err) {
    char token[WEB_TOKEN_MAX] = "";
    const char *listen = s->listen && s->listen[0] ? s->listen : "127.0.0.1:" UI_PORT;
    bool far = !on_loopback(listen), tls = s->tls_cert && s->tls_cert[0];
    int r = 0;

    if (s->token && s->token[0])
        snprintf(token, sizeof token, "%s", s->token);
    else if (far || s->token_wanted)
        r = web_token_make(token);
    if (r < 0 || (s->token && strlen(s->token) >= sizeof token))
        return error_set(err, ERROR_INVALID, "the token is too long, or none could be made");
    struct web_options o = {.listen = listen,
        .token = token,
        .tls_cert = s->tls_cert,
        .tls_key = s->tls_key,
        .base_path = s->base_path,
        .sets = s->sets};
    r = ui_session_serve(u, &o, err);
    if (r < 0)
        return r;
    struct web *w = NULL;
    for (size_t i = 0; ui_session_web(u, i); i++)
        w = ui_session_web(u, i);
    if (!web_is_loopback(w) && !tls)
        fprintf(stderr, "warning: the page is served without TLS: whoever listens on the way reads the token "
                        "and all that is shown (--tls-cert, --tls-key)\n");
    if (out) {
        fprintf(out, "The page is at %s\n", web_url(w, true));
        fflush(out);
    }
    return 0;
}
