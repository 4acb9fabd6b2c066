#include "web/web_priv.h"

int web_compare(struct web_request *q) {
    return web_reply_error(&q->reply, "unsupported", "Runs cannot be compared yet.");
}
