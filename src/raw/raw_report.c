#include "raw/raw_report.h"

#include "core/duration.h"
#include "core/json_writer.h"

#include <math.h>

enum { FIGURE_MAX = 32 };

static const double usual[] = {0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1};
static const double all[] = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99,
    0.995, 0.999, 0.9995, 0.9999, 0.99999, 1};

/* --- figures --- */

static char *format_ms(double ms, char out[FIGURE_MAX]) {
    if (ms < 1)
        snprintf(out, FIGURE_MAX, "%.2fus", ms * 1e3);
    else if (ms < 1000)
        snprintf(out, FIGURE_MAX, "%.2fms", ms);
    else if (ms < 60000)
        snprintf(out, FIGURE_MAX, "%.2fs", ms / 1e3);
    else
        snprintf(out, FIGURE_MAX, "%.2fm", ms / 6e4);
    return out;
}

static char *format_scaled(double v, double base, const char *const units[4], char out[FIGURE_MAX]) {
    size_t unit = 0;

    for (; unit < 3 && v >= base; unit++)
        v /= base;
    snprintf(out, FIGURE_MAX, "%.2f%s", v, units[unit]);
    return out;
}

static char *format_count(double v, char out[FIGURE_MAX]) {
    static const char *const units[4] = {"", "k", "M", "G"};
    return format_scaled(v, 1000, units, out);
}

static char *format_bytes(double v, char out[FIGURE_MAX]) {
    static const char *const units[4] = {"B", "KB", "MB", "GB"};
    return format_scaled(v, 1024, units, out);
}

static double sending_s(const struct raw_result *r) {
    return r->elapsed_us > 0 ? (double)r->elapsed_us / 1e6 : 1e-6;
}

static double rate_reached(const struct raw_result *r) {
    return (double)r->answered_in_time / sending_s(r);
}

/* Share of the values within one standard deviation of the mean. */
static double share_near_mean(const struct histogram *h) {
    double mean = histogram_mean(h), stdev = histogram_stddev(h);

    if (h->count == 0 || stdev == 0)
        return h->count > 0;
    return (double)(histogram_count_at_most(h, mean + stdev) - histogram_count_at_most(h, mean - stdev)) /
           (double)h->count;
}

/* --- text --- */

static int append_stats(
    const char *name, const struct histogram *h, char *format(double, char[FIGURE_MAX]), struct buf *out) {
    char mean[FIGURE_MAX], stdev[FIGURE_MAX], max[FIGURE_MAX];

    return buf_printf(out, "    %-9s%10s%10s%10s%9.2f%%\n", name, format(histogram_mean(h), mean),
        format(histogram_stddev(h), stdev), format(h->count ? h->max : 0, max), 100 * share_near_mean(h));
}

static int append_distribution(const char *title, const struct histogram *h, bool detailed, struct buf *out) {
    const double *fractions = detailed ? all : usual;
    size_t n = detailed ? sizeof all / sizeof *all : sizeof usual / sizeof *usual;
    char text[FIGURE_MAX];
    int r = buf_printf(out, "  %s\n", title);

    for (size_t i = 0; r == 0 && i < n; i++)
        r = buf_printf(out, "%10.7g%%%11s\n", 100 * fractions[i],
            format_ms(histogram_percentile(h, fractions[i]), text));
    return r;
}

int raw_report_head(const struct raw_options *o, struct buf *out) {
    char duration[DURATION_TEXT_MAX], rate[FIGURE_MAX];
    int r = buf_printf(out, "Running %s test @ %.*s\n  %zu thread%s and %zu connection%s",
        duration_format(o->duration_us * 1000, duration), VIEW_ARGS(o->url), o->processes,
        o->processes == 1 ? "" : "s", o->connections, o->connections == 1 ? "" : "s");

    if (r == 0 && o->rate > 0)
        r = buf_printf(out, ", %s requests/s wanted", format_count(o->rate, rate));
    return r < 0 ? r : buf_append_view(out, VIEW("\n"));
}

static int append_errors(const struct raw_tally *t, struct buf *out) {
    struct raw_socket_errors e = raw_tally_socket_errors(t);
    uint64_t other = raw_tally_answers(t) - t->statuses[2] - t->statuses[3];
    int r = 0;

    if (raw_tally_failures(t) > 0)
        r = buf_printf(out, "  Socket errors: connect %llu, read %llu, write %llu, timeout %llu\n",
            (unsigned long long)e.connect, (unsigned long long)e.read, (unsigned long long)e.write,
            (unsigned long long)e.timeout);
    for (size_t i = 0; r == 0 && i < NET_FAULT_COUNT; i++)
        if (t->faults[i] > 0)
            r = buf_printf(
                out, "    %llu × %s\n", (unsigned long long)t->faults[i], net_fault_text((enum net_fault)i));
    if (r == 0 && other > 0)
        r = buf_printf(out, "  Non-2xx or 3xx responses: %llu (1xx %llu, 4xx %llu, 5xx %llu, other %llu)\n",
            (unsigned long long)other, (unsigned long long)t->statuses[1], (unsigned long long)t->statuses[4],
            (unsigned long long)t->statuses[5], (unsigned long long)t->statuses[0]);
    return r;
}

static int append_loose_ends(const struct raw_tally *t, struct buf *out) {
    int r = 0;

    if (t->late_answers > 0)
        r = buf_printf(out,
            "  %llu of them were answered after the end of sending: in the latencies, not in the rate\n",
            (unsigned long long)t->late_answers);
    if (r == 0 && t->cut > 0)
        r = buf_printf(out, "  %llu requests were cut at the end; the server may have counted them\n",
            (unsigned long long)t->cut);
    return r;
}

/* Why fewer requests than wanted. */
static int append_shortfall(const struct raw_options *o, const struct raw_result *r, struct buf *out) {
    const struct raw_tally *t = &r->total;
    const char *why = raw_is_invalid(r) ? "this machine could not send them in time"
                                           : "all connections were waiting for answers: the server was the "
                                             "limit, or more connections (-c) are needed";

    if (o->rate <= 0 || t->unsent == 0)
        return 0;
    return buf_printf(out,
        "NOT REACHED: %llu of %llu requests that were due were never sent (%.2f of %.2f requests/s were "
        "answered); %s. "
        "Those never sent are in no latency: the true ones are higher.\n",
        (unsigned long long)t->unsent, (unsigned long long)t->due, rate_reached(r), o->rate, why);
}

static int append_verdict(const struct raw_result *r, struct buf *out) {
    const struct validity *v = &r->validity;
    double worst_percent = 100 * v->reasons[VALIDITY_BUSY].worst, late_s = v->reasons[VALIDITY_LATE].invalid_s;
    int e = 0;

    if (!raw_is_invalid(r))
        return buf_printf(out, "%s: the generator was not the limit (its busiest process needed %.0f %% of a core in its busiest second).\n",
            validity_state(v) == VALIDITY_VALID ? "Valid" : "Valid, but with little room", worst_percent);
    e = buf_printf(out,
        "INVALID: the generator was the limit, not the server; %.2f requests/s is what it could do.",
        rate_reached(r));
    if (e == 0 && v->reasons[VALIDITY_BUSY].invalid_s > 0)
        e = buf_printf(out,
            " A process needed more than %d %% of its core for %.0f s (worst: %.0f %%, time waiting for a "
            "core included).",
            VALIDITY_BUSY_PERCENT, v->reasons[VALIDITY_BUSY].invalid_s, worst_percent);
    if (e == 0 && late_s > 0)
        e = buf_printf(out, " It was up to %.0f ms late for %.0f s.", v->reasons[VALIDITY_LATE].worst, late_s);
    if (e == 0 && r->total.faults[NET_FAULT_NO_PORTS])
        e = buf_append_view(out, VIEW(" It ran out of local ports (net.ipv4.ip_local_port_range)."));
    if (e == 0 && r->total.faults[NET_FAULT_NO_DESCRIPTORS])
        e = buf_append_view(out, VIEW(" It ran out of descriptors (ulimit -n)."));
    if (e == 0 && r->lost_processes > 0)
        e = buf_printf(
            out, " %zu of its processes died; what they measured last is missing.", r->lost_processes);
    return e < 0 ? e
                 : buf_printf(out, " Use more cores (-t), a smaller --rate or another machine; `halftime "
                                   "doctor` looks for limits.\n");
}

int raw_report_text(const struct raw_options *o, const struct raw_result *r, bool detailed, struct buf *out) {
    const struct raw_tally *t = &r->total;
    char read[FIGURE_MAX], transfer[FIGURE_MAX];
    bool open_model = o->rate > 0;
    int e = buf_append_view(out, VIEW("  Thread Stats   Avg      Stdev     Max   +/- Stdev\n"));

    e = e < 0 ? e : append_stats("Latency", raw_tally_latency(t), format_ms, out);
    e = e < 0 ? e : append_stats("Req/Sec", &t->rates, format_count, out);
    if (open_model)
        e = e < 0 ? e
                  : append_distribution("Latency Distribution (response time, from the intended start)",
                        &t->response_ms, detailed, out);
    e = e < 0 ? e
              : append_distribution(
                    open_model ? "Service Time Distribution (from the sending)" : "Latency Distribution",
                    &t->service_ms, detailed, out);
    e = e < 0
            ? e
            : buf_printf(out, "  %llu requests in %.2fs, %s read\n", (unsigned long long)raw_tally_answers(t),
                  sending_s(r), format_bytes((double)t->bytes_received, read));
    e = e < 0 ? e : append_loose_ends(t, out);
    e = e < 0 ? e : append_errors(t, out);
    e = e < 0 ? e
              : buf_printf(out, "Requests/sec: %10.2f\nTransfer/sec: %10s\n", rate_reached(r),
                    format_bytes((double)t->bytes_received / sending_s(r), transfer));
    e = e < 0 ? e : append_shortfall(o, r, out);
    return e < 0 ? e : append_verdict(r, out);
}

int raw_report_progress(
    int64_t elapsed_us, const struct raw_tally *second, const struct raw_tally *total, struct buf *out) {
    const struct histogram *h = raw_tally_latency(second);
    char p50[FIGURE_MAX], p99[FIGURE_MAX];

    return buf_printf(out, "  %.0fs  %llu requests/s  p50 %s  p99 %s  (%llu in all, %llu failed)",
        (double)elapsed_us / 1e6, (unsigned long long)raw_tally_answers(second),
        format_ms(histogram_percentile(h, 0.5), p50), format_ms(histogram_percentile(h, 0.99), p99),
        (unsigned long long)raw_tally_answers(total), (unsigned long long)raw_tally_failures(total));
}

/* --- JSON --- */

static void write_histogram(struct json_writer *w, const char *key, const struct histogram *h) {
    char name[FIGURE_MAX];

    json_writer_key(w, view_of_cstr(key));
    json_writer_object(w);
    json_member_u64(w, "count", h->count);
    json_member_double(w, "mean", histogram_mean(h));
    json_member_double(w, "stdev", histogram_stddev(h));
    json_member_double(w, "min", h->count ? h->min : 0);
    for (size_t i = 1; i + 1 < sizeof all / sizeof *all; i++) {
        snprintf(name, sizeof name, "p%.7g", 100 * all[i]);
        json_member_double(w, name, histogram_percentile(h, all[i]));
    }
    json_member_double(w, "max", h->count ? h->max : 0);
    json_writer_end(w);
}

static void write_errors(struct json_writer *w, const struct raw_tally *t) {
    static const char *const classes[RAW_STATUS_CLASSES] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
    struct raw_socket_errors e = raw_tally_socket_errors(t);

    json_writer_key(w, VIEW("statuses"));
    json_writer_object(w);
    for (size_t i = 0; i < RAW_STATUS_CLASSES; i++)
        json_member_u64(w, classes[i], t->statuses[i]);
    json_writer_end(w);
    json_writer_key(w, VIEW("socket_errors"));
    json_writer_object(w);
    json_member_u64(w, "connect", e.connect);
    json_member_u64(w, "read", e.read);
    json_member_u64(w, "write", e.write);
    json_member_u64(w, "timeout", e.timeout);
    json_writer_end(w);
    json_writer_key(w, VIEW("failures"));
    json_writer_object(w);
    for (size_t i = 0; i < NET_FAULT_COUNT; i++)
        if (t->faults[i] > 0)
            json_member_u64(w, net_fault_text((enum net_fault)i), t->faults[i]);
    json_writer_end(w);
}

static void write_plan(struct json_writer *w, const struct raw_options *o) {
    json_writer_key(w, VIEW("url"));
    json_writer_string(w, o->url);
    json_writer_key(w, VIEW("method"));
    json_writer_string(w, o->method);
    json_member_u64(w, "connections", o->connections);
    json_member_u64(w, "threads", o->processes);
    json_member_double(w, "duration_s", (double)o->duration_us / 1e6);
    if (o->rate > 0)
        json_member_double(w, "rate_wanted", o->rate);
}

int raw_report_json(const struct raw_options *o, const struct raw_result *r, struct buf *out) {
    struct json_writer w = json_writer_of(out);
    const struct raw_tally *t = &r->total;

    w.indent = 2;
    json_writer_object(&w);
    write_plan(&w, o);
    json_member_double(&w, "elapsed_s", sending_s(r));
    json_member_u64(&w, "requests", raw_tally_answers(t));
    json_member_double(&w, "requests_per_s", rate_reached(r));
    json_member_u64(&w, "bytes_received", t->bytes_received);
    json_member_u64(&w, "bytes_sent", t->bytes_sent);
    json_member_u64(&w, "connects", t->connects);
    json_member_u64(&w, "failed", raw_tally_failures(t));
    json_member_u64(&w, "cut", t->cut);
    if (o->rate > 0) {
        json_member_u64(&w, "due", t->due);
        json_member_u64(&w, "unsent", t->unsent);
        write_histogram(&w, "response_ms", &t->response_ms);
    }
    write_histogram(&w, "service_ms", &t->service_ms);
    write_errors(&w, t);
    json_writer_key(&w, VIEW("valid"));
    json_writer_bool(&w, !raw_is_invalid(r));
    json_member_double(&w, "generator_busy", r->validity.reasons[VALIDITY_BUSY].worst);
    json_member_double(&w, "generator_late_ms", r->validity.reasons[VALIDITY_LATE].worst);
    json_writer_end(&w);
    int e = json_writer_error(&w);
    return e < 0 ? e : buf_append_view(out, VIEW("\n"));
}
