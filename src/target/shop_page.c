#include "target/shop_page.h"
#include "target/shop_names.h"
#include <inttypes.h>
#include <stdio.h>

enum { SHOP_CENTS = 100, SHOP_RATING_TENTHS = 10, SHOP_THUMBS = 8 };

struct html shop_page_begin(struct exchange *x, const struct shop_visitor *v, const char *title) {
    struct html h = html_of(&x->reply);
    x->status = 200;
    x->content_type = "text/html; charset=utf-8";
    html_add(&h,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s · Half-time shop</title>\n"
        "<link rel=\"icon\" href=\"/shop/assets/logo.svg\">\n"
        "<link rel=\"stylesheet\" href=\"/shop/assets/shop.css\">\n",
        title);
    if (!v) {
        html_add(&h, "</head>\n<body class=\"frame\">\n");
        return h;
    }
    html_add(&h,
        "<meta name=\"csrf-token\" content=\"%s\">\n"
        "<script src=\"/shop/assets/shop.js\" defer></script>\n</head>\n<body>\n<header>"
        "<a class=\"home\" href=\"/shop/\"><img src=\"/shop/assets/logo.svg\" alt=\"\" width=\"32\" "
        "height=\"32\">"
        " Half-time shop</a>\n<form action=\"/shop/search\"><input name=\"q\" type=\"search\""
        " placeholder=\"Kettle, Teekanne, 傘 …\" aria-label=\"Search\"></form>\n<nav>"
        "<a href=\"/shop/products\">Products</a> <a href=\"/shop/cart\">Cart (%" PRId64 ")</a> ",
        v->token, v->cart);
    if (v->user) {
        html_add(&h, "<form class=\"inline\" method=\"post\" action=\"/shop/logout\">");
        shop_page_token(&h, v);
        html_add(&h, "<button id=\"logout\">Log out, ");
        html_add_text(&h, view_of_cstr(v->name));
        html_add(&h, "</button></form>");
    } else {
        html_add(&h, "<a href=\"/shop/login\">Log in</a>");
    }
    html_add(&h, "</nav></header>\n<main>\n<h1>%s</h1>\n", title);
    return h;
}

void shop_page_end(struct exchange *x, struct html *h) {
    html_add(h, "</main>\n<footer>A shop to practise load testing on. Nothing here is "
                "real.</footer>\n</body>\n</html>\n");
    exchange_set_header(x, "Cache-Control", "no-store");
    (void)exchange_guard(x, h->error);
}

void shop_page_price(struct html *h, int64_t cents) {
    html_add(h, "€&nbsp;%" PRId64 ".%02" PRId64, cents / SHOP_CENTS, cents % SHOP_CENTS);
}

void shop_page_token(struct html *h, const struct shop_visitor *v) {
    html_add(h, "<input type=\"hidden\" name=\"csrf_token\" value=\"%s\">", v->token);
}

void shop_page_redirect(struct exchange *x, const char *fmt, ...) {
    char to[EXCHANGE_HEADER_VALUE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(to, sizeof to, fmt, args);
    va_end(args);
    exchange_set_header(x, "Location", "%s", to);
    exchange_fixed(x, 303, NULL, VIEW(""));
}

int shop_page_card(void *html, const struct shop_product *p) {
    struct html *h = html;
    html_add(h,
        "<li class=\"card\" data-id=\"%" PRId64 "\"><a href=\"/shop/products/%" PRId64 "\">"
        "<img src=\"/shop/assets/thumb-%" PRId64
        ".svg\" alt=\"\" width=\"120\" height=\"120\" loading=\"lazy\">"
        "<span lang=\"%.*s\">",
        p->id, p->id, p->category * SHOP_THUMBS + p->id % SHOP_THUMBS, VIEW_ARGS(p->locale));
    html_add_text(h, p->name);
    html_add(h, "</span></a> <b class=\"price\">");
    shop_page_price(h, p->price_cents);
    html_add(h, "</b> <small>%" PRId64 ".%" PRId64 " ★</small></li>\n", p->rating_tenths / SHOP_RATING_TENTHS,
        p->rating_tenths % SHOP_RATING_TENTHS);
    return h->error;
}

void shop_page_gone(struct exchange *x, const struct shop_visitor *v, const char *what) {
    struct html h = shop_page_begin(x, v, "Not found");
    html_add(&h, "<p>%s</p>\n", what);
    shop_page_end(x, &h);
    x->status = x->status == 200 ? 404 : x->status;
}
