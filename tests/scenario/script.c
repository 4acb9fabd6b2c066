#include "scenario_priv.h"

#include "core/file.h"
#include "core/hex.h"

#include <stdio.h>
#include <stdlib.h>

struct view script_word(struct view *rest) {
    *rest = view_trim(*rest);
    struct view word = view_cut(rest, ' ', NULL);
    *rest = rest->ptr ? view_trim(*rest) : VIEW("");
    return word;
}

static int open_server(struct script *s, struct view rest, int line) {
    if (s->server_count == SERVERS_MAX)
        return -1;
    struct server *server = &s->servers[s->server_count++];
    *server = (struct server){.number = (int)s->server_count, .line = line, .fd = -1};
    while (rest.len > 0) {
        struct view word = script_word(&rest);
        if (view_starts_with(word, VIEW("tls=")))
            server->tls = view_drop(word, 4);
        else if (view_eq(word, VIEW("expired")))
            server->expired = true;
        else if (view_eq(word, VIEW("client-cert")))
            server->client_cert = true;
        else if (view_eq(word, VIEW("dns")))
            server->dns = true;
        else
            return -1;
    }
    return 0;
}

static int add_step(struct script *s, bool in_client, struct view line, int number) {
    struct server *server = s->server_count ? &s->servers[s->server_count - 1] : NULL;
    struct step *steps = in_client ? s->steps : server ? server->steps : NULL;
    size_t *count = in_client ? &s->step_count : server ? &server->step_count : NULL;

    if (!steps || *count == STEPS_MAX)
        return -1;
    struct view rest = line;
    struct view verb = script_word(&rest);
    steps[(*count)++] = (struct step){number, verb, rest};
    return 0;
}

int script_read(struct script *s, const char *path) {
    struct error err;
    bool in_client = false;

    s->path = path;
    s->text = BUF_MAX(SCENARIO_BYTES_MAX);
    if (file_read(path, &s->text, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    struct view rest = buf_view(&s->text);
    for (int number = 1; rest.ptr; number++) {
        struct view line = view_cut(&rest, '\n', NULL);
        struct view text = view_trim(line);
        int r = 0;
        if (text.len == 0 || text.ptr[0] == '#')
            continue;
        if (line.ptr[0] == ' ') {
            r = add_step(s, in_client, text, number);
        } else {
            struct view args = text, word = script_word(&args);
            in_client = view_eq(word, VIEW("client"));
            if (!in_client)
                r = view_eq(word, VIEW("server")) ? open_server(s, args, number) : -1;
        }
        if (r < 0) {
            fprintf(stderr, "%s:%d: cannot read this line\n", path, number);
            return -1;
        }
    }
    return 0;
}

static size_t put_escape(struct view raw, size_t i, char *out, size_t *n) {
    static const char names[] = "rnt0\\s", values[] = "\r\n\t\0\\ ";
    char c = i + 1 < raw.len ? raw.ptr[i + 1] : 0;
    const char *at = c ? strchr(names, c) : NULL;

    if (c == 'x' && i + 3 < raw.len) {
        out[(*n)++] = (char)(hex_digit(raw.ptr[i + 2]) << 4 | hex_digit(raw.ptr[i + 3]));
        return 4;
    }
    out[(*n)++] = at ? values[at - names] : raw.ptr[i];
    return at ? 2 : 1;
}

struct view script_text(const struct script *s, struct view raw) {
    char *out = malloc(raw.len * 2 + 16);
    size_t n = 0;

    if (!out)
        abort();
    for (size_t i = 0; i < raw.len;) {
        if (raw.ptr[i] == '$' && raw.len - i >= 6 && memcmp(raw.ptr + i, "$PORT", 5) == 0) {
            size_t server = (size_t)(raw.ptr[i + 5] - '1');
            n += (size_t)snprintf(out + n, 8, "%u", server < s->server_count ? s->servers[server].port : 0);
            i += 6;
        } else if (raw.ptr[i] == '\\') {
            i += put_escape(raw, i, out, &n);
        } else {
            out[n++] = raw.ptr[i++];
        }
    }
    out[n] = 0;
    return view_of(out, n);
}
