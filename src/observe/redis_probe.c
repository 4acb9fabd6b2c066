/* Redis (and what speaks like it), by INFO and the slow log's newest entry.
 *
 * The library makes commands and reads answers; the socket is our own, so that neither a server that trickles
 * nor one that never ends its answer can hold the thread or fill the memory. Of the slow log only the
 * command's word is kept: its arguments are other people's. */
#include "observe/probe_texts_priv.h"
#include "observe/probe_tls.h"
#include "observe/proc_file.h"

#include "core/arena.h"
#include "net/url.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 64 * 1024,
    ANSWER_MAX = 1024 * 1024,
    PIECE = 16 * 1024,
    TEXT_SHOWN = 120,
    BUFFER_KEPT = 64 * 1024
};

struct redis_state {
    struct arena arena;
    const char *host, *port, *user, *password; /* user, password: NULL = none */
    bool secret;                               /* rediss: TLS */
    struct probe_tls_options tls_options;
    int fd; /* -1 = not connected */
    struct probe_tls *tls;
    redisReader *reader;
};

/* ---- what is told ---- */

/* "db0:keys=12,expires=3,avg_ttl=0": all databases added up. */
static void tell_keys(struct probe *p, struct view info) {
    double keys = 0, expires = 0;
    while (info.len) {
        struct view line = view_cut(&info, '\n', NULL), value = line, name = view_cut(&value, ':', NULL);
        uint64_t n;
        if (!view_starts_with(name, VIEW("db")) || !view_to_u64(view_drop(name, 2), &n))
            continue;
        for (struct view pair; (pair = view_trim(view_cut(&value, ',', NULL))).len;) {
            struct view number = pair, key = view_cut(&number, '=', NULL);
            double v;
            if (!view_to_double(number, &v))
                continue;
            keys += view_eq(key, VIEW("keys")) ? v : 0;
            expires += view_eq(key, VIEW("expires")) ? v : 0;
        }
    }
    probe_tell(p, "redis.keys", PROBE_COUNT, keys);
    probe_tell(p, "redis.keys_without_ttl", PROBE_COUNT, keys > expires ? keys - expires : 0);
}

/* "name:value\r\n" */
static double info_number(struct view info, const char *name) {
    struct view wanted = view_of_cstr(name);
    while (info.len) {
        struct view value = view_cut(&info, '\n', NULL), key = view_cut(&value, ':', NULL);
        double v;
        if (view_eq(key, wanted))
            return view_to_double(view_trim(value), &v) ? v : (double)NAN;
    }
    return (double)NAN;
}

void redis_probe_tell(struct probe *p, struct view info) {
    double limit = info_number(info, "maxmemory");
    probe_tell(p, "redis.memory.used", PROBE_BYTES, info_number(info, "used_memory"));
    if (limit > 0)
        probe_tell(p, "redis.memory.limit", PROBE_BYTES, limit);
    probe_tell_rate(p, "redis.evictions_per_second", PROBE_PER_SECOND, info_number(info, "evicted_keys"));
    probe_tell_rate(p, "redis.expired_per_second", PROBE_PER_SECOND, info_number(info, "expired_keys"));
    probe_tell_share(
        p, "redis.hit_share", info_number(info, "keyspace_hits"), info_number(info, "keyspace_misses"));
    probe_tell_rate(
        p, "redis.commands_per_second", PROBE_PER_SECOND, info_number(info, "total_commands_processed"));
    probe_tell_rate(
        p, "redis.rejected_per_second", PROBE_PER_SECOND, info_number(info, "rejected_connections"));
    probe_tell(p, "redis.clients", PROBE_COUNT, info_number(info, "connected_clients"));
    probe_tell(p, "redis.clients_limit", PROBE_COUNT, info_number(info, "maxclients"));
    probe_tell_rate(p, "redis.cpu.used", PROBE_COUNT,
        info_number(info, "used_cpu_user") + info_number(info, "used_cpu_sys"));
    tell_keys(p, info);
}

/* [[id, time, microseconds, [command, …], …]]: ids are counted upwards. */
static void tell_slow(struct probe *p, const redisReply *log) {
    const redisReply *entry = log->type == REDIS_REPLY_ARRAY && log->elements ? log->element[0] : NULL;
    if (log->type != REDIS_REPLY_ARRAY)
        return;
    double id = -1;
    if (entry && entry->type == REDIS_REPLY_ARRAY && entry->elements >= 4 &&
        entry->element[0]->type == REDIS_REPLY_INTEGER)
        id = (double)entry->element[0]->integer;
    double rate = probe_per_second(p, VIEW("redis.slow_commands_per_second"), id + 1);
    probe_tell(p, "redis.slow_commands_per_second", PROBE_PER_SECOND, rate);
    if (id < 0 || !(rate > 0) || entry->element[2]->type != REDIS_REPLY_INTEGER ||
        entry->element[3]->type != REDIS_REPLY_ARRAY || !entry->element[3]->elements ||
        entry->element[3]->element[0]->type != REDIS_REPLY_STRING)
        return;
    const redisReply *word = entry->element[3]->element[0];
    probe_tell_note(p, "redis.slow_commands_per_second", view_of(word->str, (size_t)word->len),
        (double)entry->element[2]->integer / 1e6);
}

/* ---- asking ---- */

static void hang_up(struct redis_state *s) {
    s->tls = probe_tls_free(s->tls);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    if (s->reader)
        redisReaderFree(s->reader);
    s->reader = NULL;
}

static int send_all(struct probe *p, const char *bytes, size_t len) {
    struct redis_state *s = p->state;
    if (s->tls)
        return probe_tls_send(s->tls, p, bytes, len);
    while (len > 0) {
        ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL);
        int r = n >= 0 ? 0 : errno == EAGAIN ? probe_wait(p, s->fd, POLLOUT) : -errno;
        if (r < 0)
            return r;
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* At least a byte; 0 = the other side has ended. */
static ssize_t hear_some(struct probe *p, char *piece, size_t max) {
    struct redis_state *s = p->state;
    if (s->tls)
        return probe_tls_hear(s->tls, p, piece, max);
    for (;;) {
        int r = probe_wait(p, s->fd, POLLIN);
        ssize_t n = r < 0 ? r : recv(s->fd, piece, max, 0);
        if (r < 0 || n >= 0 || errno != EAGAIN)
            return r < 0 ? r : n < 0 ? -errno : n;
    }
}

static int hear(struct probe *p, redisReply **out) {
    struct redis_state *s = p->state;
    char piece[PIECE];
    size_t total = 0;
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(s->reader, &reply) != REDIS_OK)
            return ERROR_SYNTAX;
        if (reply) {
            *out = reply;
            return 0;
        }
        ssize_t n = hear_some(p, piece, sizeof piece);
        if (n <= 0)
            return n < 0 ? (int)n : ERROR_CLOSED;
        total += (size_t)n;
        if (total > ANSWER_MAX)
            return ERROR_LIMIT;
        if (redisReaderFeed(s->reader, piece, (size_t)n) != REDIS_OK)
            return -ENOMEM;
    }
}

/* Negative also when Redis refuses; `what` is how the command is called in sentences. */
static int ask(
    struct probe *p, const char *what, int argc, const char **argv, redisReply **out, struct error *err) {
    struct redis_state *s = p->state;
    char *command = NULL;
    long long len = redisFormatCommandArgv(&command, argc, argv, NULL);
    *out = NULL;
    int r = len < 0 ? -ENOMEM : send_all(p, command, (size_t)len);
    free(command);
    r = r < 0 ? r : hear(p, out);
    if (r < 0) {
        hang_up(s);
        return error_set(
            err, r, "%s: %s", what, r == ERROR_SYNTAX ? "what answers is no Redis" : error_name(r));
    }
    if ((*out)->type == REDIS_REPLY_ERROR) {
        r = error_set(err, ERROR_INVALID, "%s: %.*s", what,
            (int)((*out)->len < TEXT_SHOWN ? (*out)->len : TEXT_SHOWN), (*out)->str);
        freeReplyObject(*out);
        *out = NULL;
    }
    return r;
}

static int log_in(struct probe *p, struct error *err) {
    struct redis_state *s = p->state;
    const char *with_user[] = {"AUTH", s->user, s->password}, *without[] = {"AUTH", s->password};
    redisReply *reply = NULL;
    if (!s->password)
        return 0;
    int r = s->user ? ask(p, "AUTH", 3, with_user, &reply, err) : ask(p, "AUTH", 2, without, &reply, err);
    if (reply)
        freeReplyObject(reply);
    return r;
}

static int be_connected(struct probe *p, struct error *err) {
    struct redis_state *s = p->state;
    if (s->fd >= 0)
        return 0;
    s->fd = probe_dial(p, s->host, s->port, err);
    if (s->fd < 0)
        return s->fd;
    s->reader = redisReaderCreate();
    if (!s->reader) {
        hang_up(s);
        return error_set(err, -ENOMEM, "out of memory");
    }
    s->reader->maxbuf = BUFFER_KEPT;
    int r = s->secret ? probe_tls_new(&s->tls, p, s->fd, &s->tls_options, err) : 0;
    r = r < 0 ? r : log_in(p, err);
    if (r < 0)
        hang_up(s);
    return r;
}

static int redis_read(struct probe *p, struct error *err) {
    static const char *info[] = {"INFO"}, *slow[] = {"SLOWLOG", "GET", "1"};
    struct redis_state *s = p->state;
    redisReply *reply = NULL;
    int r = be_connected(p, err);
    r = r < 0 ? r : ask(p, "INFO", 1, info, &reply, err);
    if (r < 0)
        return r;
    if (reply->type == REDIS_REPLY_STRING)
        redis_probe_tell(p, view_of(reply->str, (size_t)reply->len));
    else
        r = error_set(err, ERROR_SYNTAX, "INFO: what answers is no Redis");
    freeReplyObject(reply);
    if (r < 0 || !p->value_count) {
        hang_up(s);
        return r < 0 ? r : error_set(err, ERROR_SYNTAX, "INFO: what answers is no Redis");
    }
    struct error refused = ERROR_NULL;
    if (ask(p, "SLOWLOG", 3, slow, &reply, &refused) == 0) {
        tell_slow(p, reply);
        freeReplyObject(reply);
    } else if (s->fd >= 0 && !p->advice[0]) { /* an answer, but no */
        snprintf(p->advice, sizeof p->advice,
            "the slow log may not be read (%.200s): grant this user +slowlog|get", refused.text);
    }
    return 0;
}

/* ---- life ---- */

static void redis_close(struct probe *p) {
    struct redis_state *s = p->state;
    if (!s)
        return;
    hang_up(s);
    arena_deinit(&s->arena);
    free(s);
    p->state = NULL;
}

/* The parameters of an address that Python's redis knows, too; others (a socket's time-out, say) are for others. */
static int read_parameters(struct redis_state *s, struct view query, struct error *err) {
    while (query.len) {
        struct view value = view_cut(&query, '&', NULL), name = view_cut(&value, '=', NULL);
        if (view_eq(name, VIEW("ssl_cert_reqs"))) {
            s->tls_options.trust_anybody = view_eq(value, VIEW("none"));
        } else if (view_eq(name, VIEW("ssl_ca_certs"))) {
            struct view plain = url_percent_decode(value, &s->arena);
            s->tls_options.ca_file = arena_printf(&s->arena, "%.*s", VIEW_ARGS(plain));
            if (!s->tls_options.ca_file)
                return error_set(err, -ENOMEM, "out of memory");
        }
    }
    return 0;
}

static int read_address(struct probe *p, struct redis_state *s, struct view what, struct error *err) {
    struct error ignored = ERROR_NULL;
    struct url url;
    struct view copy = arena_copy(&s->arena, what);
    bool well = copy.ptr && url_parse(copy, &s->arena, &url, &ignored) >= 0 && url.host.len;
    s->secret = well && view_eq(url.scheme, VIEW("rediss"));
    if (!well || (!s->secret && !view_eq(url.scheme, VIEW("redis"))))
        return error_set(
            err, ERROR_INVALID, "an address is wanted, such as redis://user:password@127.0.0.1:6379 or rediss://…");
    struct view password = url.userinfo, user = view_cut(&password, ':', NULL);
    if (url.userinfo.ptr && !password.ptr) { /* one word alone is the password, as of old */
        password = user;
        user = VIEW_NULL;
    }
    s->host = arena_printf(&s->arena, "%.*s", VIEW_ARGS(url.host));
    s->port = arena_printf(&s->arena, "%u", url.port ? url.port : 6379);
    struct view plain_user = url_percent_decode(user, &s->arena),
                plain_password = url_percent_decode(password, &s->arena);
    s->user = user.len ? arena_printf(&s->arena, "%.*s", VIEW_ARGS(plain_user)) : NULL;
    s->password = password.len ? arena_printf(&s->arena, "%.*s", VIEW_ARGS(plain_password)) : NULL;
    if (!s->host || !s->port || (user.len && !s->user) || (password.len && !s->password))
        return error_set(err, -ENOMEM, "out of memory");
    s->tls_options.host = s->host;
    snprintf(p->source, sizeof p->source, "redis %s:%s", s->host, s->port);
    return read_parameters(s, url.query, err);
}

static int redis_open(struct probe *p, struct view what, struct error *err) {
    struct redis_state *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    s->fd = -1;
    arena_init(&s->arena, ARENA_BYTES);
    p->state = s;
    return read_address(p, s, what, err);
}

const struct probe_kind probe_redis = {.name = "redis",
    .spec = "redis[s]://[USER:PASSWORD@]HOST[:6379]",
    .help = "Redis: memory, evictions, keys without an end, hits, slow commands",
    .url = true,
    .open = redis_open,
    .read = redis_read,
    .close = redis_close};
