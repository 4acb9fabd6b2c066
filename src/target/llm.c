#include "target/llm.h"
#include "core/clock.h"
#include "core/json_writer.h"
#include "target/commons.h"
#include "target/exchange.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum {
    LLM_NS_PER_MS = 1000 * 1000,
    LLM_NS_PER_US = 1000,
    LLM_US_PER_S = 1000 * 1000,
    LLM_MODEL_MAX = 64,
    LLM_CHARS_PER_TOKEN = 4,
    LLM_TOKENS_PER_MESSAGE = 4,
    LLM_ANSWER_LEAST = 40, /* tokens, when nobody limits them */
    LLM_ANSWER_SPREAD = 80,
    LLM_ID_MAX = 32,
};
#define LLM_NS_PER_MINUTE INT64_C(60000000000)

static const char *const llm_words[] = {"the", " kettle", " boils", " at", " half-time", ",", " when",
    " millions", " of", " viewers", " leave", " the", " sofa", " and", " the", " grid", " holds", " its",
    " breath", ".", " Engineers", " watch", " one", " curve", " rise", ";", " pumps", " in", " the",
    " mountains", " start", ".", " Nobody", " notices", ",", " which", " is", " the", " whole", " point", ".",
    " Then"};

struct llm_request {
    char model[LLM_MODEL_MAX], id[LLM_ID_MAX];
    uint64_t hash;
    int64_t prompt_tokens, tokens; /* of the answer */
    bool stream, usage, cut;
};

/* --- the limit --- */

int64_t llm_take_ns(
    _Atomic int64_t *meter, int64_t per_minute, int64_t tokens, int64_t now_ns, int64_t *left) {
    int64_t cost_ns = (int64_t)((double)tokens * (double)LLM_NS_PER_MINUTE / (double)per_minute);
    int64_t due_ns = atomic_load(meter), next_ns, wait_ns;
    do {
        int64_t from_ns = due_ns > now_ns ? due_ns : now_ns;
        next_ns = from_ns + cost_ns;
        wait_ns = next_ns - now_ns - LLM_NS_PER_MINUTE;
        int64_t used_ns = (wait_ns > 0 ? from_ns : next_ns) - now_ns;
        *left =
            (int64_t)((double)(LLM_NS_PER_MINUTE - used_ns) * (double)per_minute / (double)LLM_NS_PER_MINUTE);
        if (wait_ns > 0)
            return wait_ns;
    } while (!atomic_compare_exchange_weak(meter, &due_ns, next_ns));
    return 0;
}

/* {"error":{"message","type","param":null,"code"}} */
static void llm_refuse(
    struct exchange *x, int status, const char *type, const char *code, const char *message) {
    struct json_writer w;
    buf_clear(&x->reply);
    w = json_writer_of(&x->reply);
    x->status = status;
    x->content_type = "application/json";
    json_writer_object(&w);
    json_writer_key(&w, VIEW("error"));
    json_writer_object(&w);
    json_writer_key(&w, VIEW("message"));
    json_writer_string(&w, view_of_cstr(message));
    json_writer_key(&w, VIEW("type"));
    json_writer_string(&w, view_of_cstr(type));
    json_writer_key(&w, VIEW("param"));
    json_writer_null(&w);
    json_writer_key(&w, VIEW("code"));
    json_writer_string(&w, view_of_cstr(code));
    json_writer_end(&w);
    json_writer_end(&w);
    (void)exchange_guard(x, json_writer_error(&w));
}

static _Atomic int64_t *llm_meter(struct exchange *x) {
    struct view client = exchange_lookup(x, EXCHANGE_HEADER, "Authorization");
    if (!client.len) {
        client = exchange_lookup(x, EXCHANGE_CLIENT, "");
        for (size_t i = client.len; i-- > 0;)
            if (client.ptr[i] == ':') { /* the port is the connection's, not the client's */
                client.len = i;
                break;
            }
    }
    return &x->app->commons->llm_meters[view_hash(client, 0) % COMMONS_LLM_CLIENTS];
}

/* False: answered with 429. */
static bool llm_admit(struct exchange *x, const struct llm_request *r) {
    int64_t per_minute = x->app->commons ? x->app->commons->llm_tokens_per_minute : 0, left;
    char message[200];
    if (!per_minute)
        return true;
    int64_t wait_ns =
        llm_take_ns(llm_meter(x), per_minute, r->prompt_tokens + r->tokens, commons_now_ns(), &left);
    double wait_s = (double)wait_ns / 1e9;
    exchange_set_header(x, "x-ratelimit-limit-tokens", "%" PRId64, per_minute);
    exchange_set_header(x, "x-ratelimit-remaining-tokens", "%" PRId64, left);
    exchange_set_header(
        x, "x-ratelimit-reset-tokens", "%.3fs", (double)(per_minute - left) * 60 / (double)per_minute);
    if (!wait_ns)
        return true;
    exchange_set_header(x, "Retry-After", "%.0f", wait_s < 1 ? 1 : wait_s + 0.5);
    exchange_set_header(x, "retry-after-ms", "%.0f", wait_s * 1000 + 0.5);
    snprintf(message, sizeof message,
        "Rate limit reached: %" PRId64 " tokens per minute, %" PRId64 " left, %" PRId64
        " requested. Please try again in %.3fs.",
        per_minute, left, r->prompt_tokens + r->tokens, wait_s);
    llm_refuse(x, 429, "tokens", "rate_limit_exceeded", message);
    return false;
}

/* --- the request --- */

static void llm_count_text(struct llm_request *r, const json_t *text) {
    struct view v = view_of(json_string_value(text), json_string_length(text));
    r->prompt_tokens += (int64_t)(v.len / LLM_CHARS_PER_TOKEN);
    r->hash = view_hash(v, r->hash);
}

/* Content is a string, or parts of which those of text count. */
static bool llm_count_message(struct llm_request *r, const json_t *message) {
    const json_t *content = json_object_get(message, "content"), *part;
    size_t i;
    if (!json_is_string(json_object_get(message, "role")))
        return false;
    r->prompt_tokens += LLM_TOKENS_PER_MESSAGE;
    if (json_is_string(content))
        llm_count_text(r, content);
    else if (!json_is_array(content) && !json_is_null(content))
        return false;
    json_array_foreach(content, i, part) {
        const json_t *text = json_object_get(part, "text");
        if (json_is_string(text))
            llm_count_text(r, text);
    }
    return true;
}

/* NULL, or what is wrong. */
static const char *llm_take_body(struct llm_request *r, const json_t *doc) {
    const json_t *messages = json_object_get(doc, "messages"), *message;
    const json_t *max = json_object_get(doc, "max_tokens"), *model = json_object_get(doc, "model");
    size_t i;

    max = max ? max : json_object_get(doc, "max_completion_tokens");
    if (!json_is_object(doc))
        return "The body must be a JSON object";
    if (!json_is_array(messages) || json_array_size(messages) == 0)
        return "messages must be a list of at least one message";
    json_array_foreach(messages, i, message) {
        if (!llm_count_message(r, message))
            return "each message must have a role and content";
    }
    if (max && !json_is_null(max) &&
        (!json_is_integer(max) || json_integer_value(max) < 1 || json_integer_value(max) > LLM_MAX_TOKENS))
        return "max_tokens must be a whole number from 1 to 4096";
    snprintf(r->model, sizeof r->model, "%s", json_is_string(model) ? json_string_value(model) : "kettle-1");
    r->stream = json_is_true(json_object_get(doc, "stream"));
    r->usage = json_is_true(json_object_get(json_object_get(doc, "stream_options"), "include_usage"));
    r->tokens = LLM_ANSWER_LEAST + (int64_t)(r->hash % LLM_ANSWER_SPREAD);
    r->cut = json_is_integer(max) && json_integer_value(max) < r->tokens;
    if (r->cut)
        r->tokens = json_integer_value(max);
    return NULL;
}

/* --- the answer --- */

static const char *llm_word(const struct llm_request *r, int64_t at) {
    return at == 0 ? "Well,"
                   : llm_words[(r->hash / 7 + (uint64_t)at) % (sizeof llm_words / sizeof llm_words[0])];
}

static void llm_write_head(struct json_writer *w, const struct llm_request *r, const char *object) {
    json_writer_object(w);
    json_writer_key(w, VIEW("id"));
    json_writer_string(w, view_of_cstr(r->id));
    json_writer_key(w, VIEW("object"));
    json_writer_string(w, view_of_cstr(object));
    json_writer_key(w, VIEW("created"));
    json_writer_i64(w, clock_wall_us() / LLM_US_PER_S);
    json_writer_key(w, VIEW("model"));
    json_writer_string(w, view_of_cstr(r->model));
    json_member_array(w, "choices");
}

static void llm_write_usage(struct json_writer *w, const struct llm_request *r) {
    json_writer_key(w, VIEW("usage"));
    json_writer_object(w);
    json_writer_key(w, VIEW("prompt_tokens"));
    json_writer_i64(w, r->prompt_tokens);
    json_writer_key(w, VIEW("completion_tokens"));
    json_writer_i64(w, r->tokens);
    json_writer_key(w, VIEW("total_tokens"));
    json_writer_i64(w, r->prompt_tokens + r->tokens);
    json_writer_end(w);
}

static void llm_write_finish(struct json_writer *w, const struct llm_request *r, bool finished) {
    json_writer_key(w, VIEW("finish_reason"));
    if (finished)
        json_writer_string(w, r->cut ? VIEW("length") : VIEW("stop"));
    else
        json_writer_null(w);
    json_writer_end(w);
}

static int llm_reply_whole(struct exchange *x, const struct llm_request *r) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(EXCHANGE_BODY_MAX);
    struct json_writer w = json_writer_of(&x->reply);
    for (int64_t i = 0; i < r->tokens; i++) {
        int rc = buf_append_view(&text, view_of_cstr(llm_word(r, i)));
        if (rc)
            return rc;
    }
    llm_write_head(&w, r, "chat.completion");
    json_writer_object(&w);
    json_writer_key(&w, VIEW("index"));
    json_writer_i64(&w, 0);
    json_writer_key(&w, VIEW("message"));
    json_writer_object(&w);
    json_writer_key(&w, VIEW("role"));
    json_writer_string(&w, VIEW("assistant"));
    json_writer_key(&w, VIEW("content"));
    json_writer_string(&w, buf_view(&text));
    json_writer_end(&w);
    llm_write_finish(&w, r, true);
    json_writer_end(&w);
    llm_write_usage(&w, r);
    json_writer_end(&w);
    return json_writer_error(&w);
}

/* One event; at -1 = the role, at r->tokens = the end. */
static int llm_add_chunk(struct exchange *x, const struct llm_request *r, int64_t at) {
    int rc = buf_append_view(&x->reply, VIEW("data: "));
    struct json_writer w = json_writer_of(&x->reply);
    llm_write_head(&w, r, "chat.completion.chunk");
    json_writer_object(&w);
    json_writer_key(&w, VIEW("index"));
    json_writer_i64(&w, 0);
    json_writer_key(&w, VIEW("delta"));
    json_writer_object(&w);
    if (at < r->tokens) {
        json_writer_key(&w, at < 0 ? VIEW("role") : VIEW("content"));
        json_writer_string(&w, at < 0 ? VIEW("assistant") : view_of_cstr(llm_word(r, at)));
    }
    json_writer_end(&w);
    llm_write_finish(&w, r, at == r->tokens);
    json_writer_end(&w);
    json_writer_end(&w);
    rc = rc ? rc : json_writer_error(&w);
    return rc ? rc : buf_append_view(&x->reply, VIEW("\n\n"));
}

static int llm_reply_stream(struct exchange *x, const struct llm_request *r) {
    int rc = 0;
    for (int64_t at = -1; rc == 0 && at <= r->tokens; at++)
        rc = llm_add_chunk(x, r, at);
    if (rc == 0 && r->usage) {
        rc = buf_append_view(&x->reply, VIEW("data: "));
        struct json_writer w = json_writer_of(&x->reply);
        llm_write_head(&w, r, "chat.completion.chunk");
        json_writer_end(&w);
        llm_write_usage(&w, r);
        json_writer_end(&w);
        rc = rc ? rc : json_writer_error(&w);
        rc = rc ? rc : buf_append_view(&x->reply, VIEW("\n\n"));
    }
    return rc ? rc : buf_append_view(&x->reply, VIEW("data: [DONE]\n\n"));
}

void llm_chat(struct exchange *x) {
    struct llm_request r = {.prompt_tokens = 0};
    json_t *doc = json_loadb(x->body.ptr ? x->body.ptr : "", x->body.len, 0, NULL);
    const char *wrong = doc ? llm_take_body(&r, doc) : "The body is no JSON";

    json_decref(doc);
    if (wrong) {
        llm_refuse(x, 400, "invalid_request_error", "invalid_value", wrong);
        return;
    }
    if (!llm_admit(x, &r))
        return;
    snprintf(r.id, sizeof r.id, "chatcmpl-%016" PRIx64, rng_u64(&x->app->rng));
    x->status = 200;
    x->content_type = r.stream ? "text/event-stream" : "application/json";
    x->delay_ns = (int64_t)LLM_FIRST_MS * LLM_NS_PER_MS + r.prompt_tokens * LLM_PROMPT_US * LLM_NS_PER_US;
    if (r.stream) {
        exchange_set_header(x, "Cache-Control", "no-cache");
        x->stream_step_ns = (int64_t)LLM_STEP_MS * LLM_NS_PER_MS;
    } else {
        x->delay_ns += r.tokens * LLM_STEP_MS * LLM_NS_PER_MS;
    }
    if (x->app->meter.metrics)
        x->app->meter.metrics->llm_tokens += (uint64_t)r.tokens;
    (void)exchange_guard(x, r.stream ? llm_reply_stream(x, &r) : llm_reply_whole(x, &r));
}

void llm_models(struct exchange *x) {
    exchange_fixed(x, 200, "application/json",
        VIEW(
            "{\"object\":\"list\",\"data\":[{\"id\":\"kettle-1\",\"object\":\"model\",\"created\":1754000000,"
            "\"owned_by\":\"halftime\"}]}"));
}
