/* Against a nats-server of our own; skipped where there is none. What is said must be read once, in order,
 * also when the server is killed in between. */
#include "fleet/nats_outbox.h"
#include "fleet/nats_reader.h"
#include "fleet/nats_store.h"
#include "fleet/strand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 7790, MESSAGES = 3000, TURNS_MAX = 60000 };
#define URL "nats://us:secret@127.0.0.1:7790"

static char folder[] = "/tmp/halftime-nats-XXXXXX";
static pid_t server;

static void start_server(void) {
    char config[128];

    snprintf(config, sizeof config, "%s/nats.conf", folder);
    FILE *f = fopen(config, "w");
    fprintf(f,
        "listen: \"127.0.0.1:%d\"\njetstream { store_dir: \"%s\" }\nauthorization { user: us, password: "
        "secret }\n",
        PORT, folder);
    fclose(f);
    server = fork();
    if (server == 0) {
        int null = open("/dev/null", O_WRONLY);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(null, 1);
        dup2(null, 2);
        execlp("nats-server", "nats-server", "-c", config, (char *)NULL);
        execl("/usr/sbin/nats-server", "nats-server", "-c", config, (char *)NULL);
        _exit(127);
    }
}

static void kill_server(void) {
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static struct nats_link *connect_as(struct loop *loop, const char *url, struct error *err) {
    struct nats_link *l = NULL;

    for (int i = 0; i < 200 && !l; i++) {
        if (nats_link_new(&l, loop, &(struct nats_options){.url = url}, NULL, NULL, err) == ERROR_INVALID)
            break;
        if (!l)
            usleep(50 * 1000);
    }
    return l;
}

struct reading {
    struct loop *loop;
    struct strand_in strand;
    uint64_t next;
    bool wrong;
};

static void on_entry(void *ctx, const struct nats_entry *e) {
    struct reading *r = ctx;
    struct view bytes;
    uint64_t n;

    if (strand_take(&r->strand, e->data, &bytes) == STRAND_SKIPPED)
        return;
    r->wrong = r->wrong || !view_to_u64(bytes, &n) || n != r->next;
    r->next++;
}

static void nothing(void *ctx, const char *what) {
    (void)ctx, (void)what;
}

static void say(struct nats_outbox *o, struct strand_out *strand, uint64_t n) {
    char head[STRAND_HEAD_MAX], text[32];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)n);

    assert_int_equal(
        nats_outbox_put(o, "t.one.up", strand_head(strand, head), view_of(text, (size_t)len)), 0);
}

static void everything_arrives_once_and_in_order_though_the_server_dies(void **state) {
    static const struct nats_outbox_ops outbox_ops = {.trouble = nothing};
    static const struct nats_reader_ops reader_ops = {.entry = on_entry, .trouble = nothing};
    struct error err = ERROR_NULL;
    struct strand_out strand = {.epoch = 1};
    struct reading r = {0};
    struct nats_outbox *outbox;
    struct nats_reader *reader;

    (void)state;
    assert_int_equal(loop_new(&r.loop, NULL), 0);
    struct nats_link *l = connect_as(r.loop, URL, &err);
    assert_non_null(l);
    assert_int_equal(nats_stream_new(l, "T", "t.one.>", -1, 60, &err), 0);
    assert_int_equal(nats_outbox_new(&outbox, l, 1 << 24, &outbox_ops, NULL), 0);
    assert_int_equal(nats_reader_new(&reader, l, "T", "t.one.up", 1, &reader_ops, &r), 0);
    uint64_t said = 0;
    for (int turn = 0; turn < TURNS_MAX && r.next < MESSAGES; turn++) {
        for (int i = 0; i < 10 && said < MESSAGES; i++)
            say(outbox, &strand, said++);
        assert_int_equal(loop_turn(r.loop, 2000), 0);
        if (turn == 60 || turn == 160) { /* in the middle of it */
            kill_server();
            start_server();
        }
    }
    assert_int_equal(r.next, MESSAGES);
    assert_false(r.wrong);
    for (int turn = 0; turn < 2000 && nats_outbox_count(outbox); turn++)
        assert_int_equal(loop_turn(r.loop, 5000), 0);
    assert_int_equal(nats_outbox_count(outbox), 0);
    assert_int_equal(nats_outbox_bytes(outbox), 0);
    assert_true(nats_outbox_repeats(outbox) > 0 && nats_reader_restarts(reader) > 0);
    nats_reader_free(reader);
    nats_outbox_free(outbox);
    nats_stream_delete(l, "T");
    nats_link_free(l);
    loop_free(r.loop);
}

static void a_full_outbox_says_so(void **state) {
    static const struct nats_outbox_ops ops = {.trouble = nothing};
    struct nats_outbox *outbox;
    struct error err = ERROR_NULL;
    struct loop *loop;
    static char big[1000];

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    struct nats_link *l = connect_as(loop, URL, &err);
    assert_int_equal(nats_outbox_new(&outbox, l, 2500, &ops, NULL), 0);
    assert_int_equal(nats_outbox_put(outbox, "nobody.reads", VIEW_NULL, view_of(big, sizeof big)), 0);
    assert_int_equal(nats_outbox_put(outbox, "nobody.reads", VIEW_NULL, view_of(big, sizeof big)), 0);
    assert_int_equal(
        nats_outbox_put(outbox, "nobody.reads", VIEW_NULL, view_of(big, sizeof big)), ERROR_LIMIT);
    assert_int_equal(nats_outbox_count(outbox), 2);
    nats_outbox_free(outbox);
    nats_link_free(l);
    loop_free(loop);
}

static void strangers_are_told_why(void **state) {
    struct error err = ERROR_NULL;
    struct loop *loop;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    struct nats_link *ours = connect_as(loop, URL, &err); /* the server is there */
    assert_non_null(ours);
    assert_null(connect_as(loop, "nats://us:wrong@127.0.0.1:7790", &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_non_null(strstr(err.text, "refuses us"));
    assert_null(strstr(err.text, "wrong"));
    nats_link_free(ours);
    struct nats_link *l = NULL;
    assert_int_equal(
        nats_link_new(&l, loop, &(struct nats_options){.url = "nats://127.0.0.1:7791"}, NULL, NULL, &err),
        ERROR_CLOSED);
    assert_non_null(strstr(err.text, "nobody answers at nats://127.0.0.1:7791"));
    loop_free(loop);
}

static void a_record_is_only_changed_by_who_knows_it(void **state) {
    struct buf value CLEANUP(buf_deinit) = BUF_MAX(1024);
    struct error err = ERROR_NULL;
    struct loop *loop;
    uint64_t first = 0, stale, seen;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    struct nats_link *l = connect_as(loop, URL, &err);
    assert_int_equal(nats_kv_put(l, "b", "k", VIEW("one"), &first, &err), 0);
    stale = first;
    assert_int_equal(nats_kv_put(l, "b", "k", VIEW("two"), &first, &err), 0);
    assert_int_equal(nats_kv_put(l, "b", "k", VIEW("three"), &stale, &err), ERROR_CLOSED);
    assert_int_equal(nats_kv_get(l, "b", "k", &value, &seen, &err), 0);
    assert_true(view_eq(buf_view(&value), VIEW("two")) && seen == first);
    assert_int_equal(nats_kv_get(l, "b", "other", &value, &seen, &err), ERROR_INVALID);
    nats_link_free(l);
    loop_free(loop);
}

struct counting {
    struct nats_watch watch;
    int count;
};

static void count_message(struct nats_watch *w, const struct nats_message *m) {
    (void)m;
    CONTAINER_OF(w, struct counting, watch)->count++;
}

/* libnats's reader may hold a message for a subscription that goes away. */
static void who_leaves_may_still_be_written_to(void **state) {
    struct error err = ERROR_NULL;
    struct loop *loop;
    int heard = 0;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    struct nats_link *l = connect_as(loop, URL, &err);
    assert_non_null(l);
    for (int turn = 0; turn < 400; turn++) {
        struct counting c = {.watch.message = count_message};
        assert_int_equal(nats_link_watch(l, &c.watch, "left"), 0);
        for (int i = 0; i < 40; i++)
            assert_int_equal(nats_link_publish(l, "left", NULL, VIEW("still there?")), 0);
        assert_true(loop_turn(loop, 1000) >= 0);
        nats_link_unwatch(l, &c.watch);
        heard += c.count;
    }
    assert_true(heard > 0);
    nats_link_free(l);
    loop_free(loop);
}

static void a_place_is_read_from_the_reply(void **state) {
    struct nats_place p;

    (void)state;
    assert_true(nats_place_parse(VIEW("$JS.ACK.T.c1.1.17.3.1700000000000000000.9"), &p));
    assert_true(view_eq(p.consumer, VIEW("c1")) && p.stream_seq == 17 && p.consumer_seq == 3 &&
                p.time_ns == 1700000000000000000 && p.pending == 9);
    assert_true(nats_place_parse(VIEW("$JS.ACK.domain.hash.T.c1.1.17.3.1700000000000000000.9.random"), &p));
    assert_true(view_eq(p.consumer, VIEW("c1")) && p.stream_seq == 17 && p.pending == 9);
    assert_false(nats_place_parse(VIEW("_INBOX.1.2"), &p));
    assert_false(nats_place_parse(VIEW("$JS.ACK.T.c1.1.x.3.1.9"), &p));
    assert_false(nats_place_parse(VIEW_NULL, &p));
}

static int stop(void **state) {
    char command[128];

    (void)state;
    kill_server();
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_read_from_the_reply),
        cmocka_unit_test(everything_arrives_once_and_in_order_though_the_server_dies),
        cmocka_unit_test(a_full_outbox_says_so),
        cmocka_unit_test(strangers_are_told_why),
        cmocka_unit_test(who_leaves_may_still_be_written_to),
        cmocka_unit_test(a_record_is_only_changed_by_who_knows_it),
    };
    if (access("/usr/sbin/nats-server", X_OK) != 0 && access("/usr/bin/nats-server", X_OK) != 0) {
        printf("skipped: there is no nats-server (tools/setup installs it)\n");
        return 77;
    }
    if (!mkdtemp(folder))
        return 1;
    start_server();
    return cmocka_run_group_tests(tests, NULL, stop);
}
