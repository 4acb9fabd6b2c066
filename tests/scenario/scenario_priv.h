/* A scenario: what the servers do, what the client asks and must see. */
#ifndef SCENARIO_PRIV_H
#define SCENARIO_PRIV_H

#include "core/buf.h"

#include <openssl/ssl.h>
#include <pthread.h>

enum { SERVERS_MAX = 4, STEPS_MAX = 200, SCENARIO_BYTES_MAX = 1024 * 1024, PATIENCE_MS = 8000 };

struct step {
    int line;
    struct view verb, rest; /* rest: still with escapes and variables */
};
struct server {
    int number, line;
    struct view tls; /* names of the certificate; ptr NULL = plain */
    bool expired, client_cert, dns;
    struct step steps[STEPS_MAX];
    size_t step_count;
    int fd;
    uint16_t port;
    pthread_t thread;
    SSL_CTX *ctx;
    char failure[600]; /* empty = fine */
};
struct script {
    const char *path;
    struct buf text;
    struct server servers[SERVERS_MAX];
    size_t server_count;
    struct step steps[STEPS_MAX]; /* the client's */
    size_t step_count;
};
int script_read(struct script *s, const char *path);
/* Escapes and $PORTn; the result is malloc'ed. */
struct view script_text(const struct script *s, struct view raw);
/* The first word of *rest. */
struct view script_word(struct view *rest);

int server_start(struct script *s, struct server *server);
void server_join(struct server *server);

/* The test authority. */
int certificate_authority(const char *pem_path);
SSL_CTX *certificate_context(struct view names, bool expired, bool client_cert);
void certificate_identity(struct buf *cert_pem, struct buf *key_pem); /* for a client */
void certificate_end(void);

int client_run(struct script *s, const char *ca_path); /* 0 = all held */

#endif
