/* Logging in and out, cart and checkout. */
#include "target/form.h"
#include "target/shop.h"
#include "target/shop_page.h"
#include <inttypes.h>
#include <stdio.h>

enum { SHOP_FIELD_MAX = 200 };

static const char shop_password[] = "halftime";

/* --- logging in --- */

/* Only a path of our own: no //elsewhere, no control characters. */
static void shop_read_next(struct exchange *x, char out[SHOP_FIELD_MAX]) {
    struct view next = exchange_lookup(x, EXCHANGE_QUERY, "next");
    if (!next.ptr && form_find(x->body, "next", out, SHOP_FIELD_MAX))
        next = view_of_cstr(out);
    bool ok = next.len < SHOP_FIELD_MAX / 2 && view_starts_with(next, VIEW("/shop/"));
    for (size_t i = 0; ok && i < next.len; i++)
        ok = next.ptr[i] > ' ' && next.ptr[i] < 0x7f;
    char copy[SHOP_FIELD_MAX];
    snprintf(copy, sizeof copy, "%.*s", ok ? (int)next.len : 6, ok ? next.ptr : "/shop/");
    memcpy(out, copy, sizeof copy);
}

static void shop_show_login(
    struct exchange *x, const struct shop_visitor *v, const char *next, const char *complaint) {
    struct html h = shop_page_begin(x, v, "Log in");
    if (complaint)
        html_add(&h, "<p class=\"wrong\" role=\"alert\">%s</p>\n", complaint);
    html_add(&h, "<form id=\"login\" method=\"post\" action=\"/shop/login\">");
    shop_page_token(&h, v);
    html_add(&h, "<input type=\"hidden\" name=\"next\" value=\"");
    html_add_text(&h, view_of_cstr(next));
    html_add(&h,
        "\">\n<label>E-mail <input name=\"username\" type=\"email\" autocomplete=\"username\"></label>\n"
        "<label>Password <input name=\"password\" type=\"password\"></label>\n<button>Log "
        "in</button></form>\n"
        "<p>Customers are user1@shop.example, user2@shop.example and so on, everybody's password is"
        " <code>%s</code>.</p>\n",
        shop_password);
    shop_page_end(x, &h);
}

void shop_login_form(struct exchange *x) {
    char next[SHOP_FIELD_MAX];
    struct shop_visitor v;
    shop_read_next(x, next);
    if (shop_visitor_open(&v, x) == 0)
        shop_show_login(x, &v, next, NULL);
}

static void shop_on_login(void *ctx, const struct shop_user *u) {
    *(int64_t *)ctx = u->id;
}

void shop_login(struct exchange *x) {
    char name[SHOP_FIELD_MAX], password[SHOP_FIELD_MAX], next[SHOP_FIELD_MAX], old[SHOP_SESSION_LEN + 1];
    struct shop_visitor v;
    int64_t user = 0;
    int rc = SHOP_STORE_NONE;

    if (shop_visitor_open(&v, x) || !shop_visitor_check(&v, x))
        return;
    shop_read_next(x, next);
    if (form_find(x->body, "username", name, sizeof name) == 0)
        (void)form_find(x->body, "email", name, sizeof name);
    (void)form_find(x->body, "password", password, sizeof password);
    if (name[0])
        rc = shop_store_user_by_email(x->app->shop, view_of_cstr(name), shop_on_login, &user);
    if (rc >= 0 && (!user || strcmp(password, shop_password) != 0)) {
        shop_show_login(x, &v, next, "Nobody has this e-mail and this password.");
        x->status = x->status == 200 ? 401 : x->status;
        return;
    }
    if (rc >= 0) {
        /* A new session: whoever knew the old one is not logged in with us. */
        memcpy(old, v.session, sizeof old);
        shop_visitor_renew(&v, x);
        rc = shop_store_login(x->app->shop, view_of_cstr(old), view_of_cstr(v.session), user);
    }
    if (rc < 0)
        (void)shop_visitor_fail(x, rc);
    else
        shop_page_redirect(x, "%s", next);
}

void shop_logout(struct exchange *x) {
    struct shop_visitor v;
    if (shop_visitor_open(&v, x) || !shop_visitor_check(&v, x))
        return;
    int rc = shop_store_logout(x->app->shop, view_of_cstr(v.session));
    if (rc < 0) {
        (void)shop_visitor_fail(x, rc);
        return;
    }
    shop_visitor_renew(&v, x);
    shop_page_redirect(x, "/shop/");
}

/* --- the cart --- */

struct shop_cart_page {
    struct html h;
    const struct shop_visitor *v;
    int64_t total_cents;
};

static int shop_on_line(void *ctx, const struct shop_product *p) {
    struct shop_cart_page *page = ctx;
    struct html *h = &page->h;
    html_add(h, "<tr data-id=\"%" PRId64 "\"><td><a href=\"/shop/products/%" PRId64 "\">", p->id, p->id);
    html_add_text(h, p->name);
    html_add(h, "</a></td><td>%" PRId64 "</td><td>", p->quantity);
    shop_page_price(h, p->price_cents * p->quantity);
    html_add(h, "</td><td><form method=\"post\" action=\"/shop/cart/remove\">");
    shop_page_token(h, page->v);
    html_add(h,
        "<input type=\"hidden\" name=\"product_id\" value=\"%" PRId64
        "\"><button>remove</button></form></td></tr>\n",
        p->id);
    page->total_cents += p->price_cents * p->quantity;
    return h->error;
}

void shop_cart(struct exchange *x) {
    struct shop_visitor v;
    struct shop_cart_page page = {.v = &v};
    if (shop_visitor_open(&v, x))
        return;
    page.h = shop_page_begin(x, &v, "Cart");
    html_add(&page.h, "<table class=\"cart\">\n");
    int rc = shop_store_cart(x->app->shop, view_of_cstr(v.session), shop_on_line, &page);
    html_add(&page.h, "</table>\n");
    if (rc == SHOP_STORE_NONE) {
        html_add(&page.h, "<p id=\"empty\">The cart is empty.</p>\n");
    } else {
        html_add(&page.h, "<p>Total <b id=\"total\">");
        shop_page_price(&page.h, page.total_cents);
        html_add(&page.h, "</b></p>\n<form id=\"checkout\" method=\"post\" action=\"/shop/checkout\">");
        shop_page_token(&page.h, &v);
        html_add(&page.h, "<button>Buy</button></form>\n");
    }
    if (rc < 0 && !page.h.error)
        (void)shop_visitor_fail(x, rc);
    else
        shop_page_end(x, &page.h);
}

/* False: answered with 400. */
static bool shop_read_number(
    struct exchange *x, const char *name, int64_t least, int64_t most, int64_t *out) {
    char text[SHOP_FIELD_MAX];
    size_t len = form_find(x->body, name, text, sizeof text);
    if ((!len && *out) || (view_to_i64(view_of(text, len), out) && *out >= least && *out <= most))
        return true;
    exchange_refuse(x, 400, "%s must be a whole number from %" PRId64 " to %" PRId64, name, least, most);
    return false;
}

void shop_cart_add(struct exchange *x) {
    struct shop_visitor v;
    int64_t product = 0, quantity = 1;
    if (shop_visitor_open(&v, x) || !shop_visitor_check(&v, x) ||
        !shop_read_number(x, "product_id", 1, INT64_MAX, &product) ||
        !shop_read_number(x, "quantity", 1, SHOP_QUANTITY_MAX, &quantity))
        return;
    int rc = shop_store_cart_add(x->app->shop, view_of_cstr(v.session), product, quantity);
    if (rc < 0)
        (void)shop_visitor_fail(x, rc);
    else if (rc == SHOP_STORE_NONE)
        exchange_refuse(x, 404, "There is no product %" PRId64, product);
    else
        shop_page_redirect(x, "/shop/cart");
}

void shop_cart_remove(struct exchange *x) {
    struct shop_visitor v;
    int64_t product = 0;
    if (shop_visitor_open(&v, x) || !shop_visitor_check(&v, x) ||
        !shop_read_number(x, "product_id", 1, INT64_MAX, &product))
        return;
    int rc = shop_store_cart_remove(x->app->shop, view_of_cstr(v.session), product);
    if (rc < 0)
        (void)shop_visitor_fail(x, rc);
    else if (rc == SHOP_STORE_NONE)
        exchange_refuse(x, 404, "Product %" PRId64 " is not in the cart", product);
    else
        shop_page_redirect(x, "/shop/cart");
}

void shop_checkout(struct exchange *x) {
    struct shop_visitor v;
    int64_t order = 0;
    if (shop_visitor_open(&v, x) || !shop_visitor_check(&v, x))
        return;
    if (!v.user) {
        shop_page_redirect(x, "/shop/login?next=/shop/cart");
        return;
    }
    int rc = shop_store_checkout(x->app->shop, view_of_cstr(v.session), v.user, &order);
    if (rc < 0)
        (void)shop_visitor_fail(x, rc);
    else if (rc == SHOP_STORE_NONE)
        exchange_refuse(x, 400, "The cart is empty");
    else
        shop_page_redirect(x, "/shop/orders/%" PRId64, order);
}

void shop_order(struct exchange *x) {
    struct shop_visitor v;
    struct shop_order order;
    char created_at[32];
    int64_t id;
    int rc = SHOP_STORE_NONE;
    if (shop_visitor_open(&v, x))
        return;
    if (v.user && view_to_i64(x->param, &id))
        rc = shop_store_order(x->app->shop, id, v.user, &order, created_at);
    if (rc < 0) {
        (void)shop_visitor_fail(x, rc);
        return;
    }
    if (rc == SHOP_STORE_NONE) {
        shop_page_gone(x, &v, "You have no such order.");
        return;
    }
    struct html h = shop_page_begin(x, &v, "Thank you");
    html_add(&h, "<p>Order <b id=\"order\">%" PRId64 "</b> of %s: %" PRId64 " pieces, ", order.id, created_at,
        order.items);
    shop_page_price(&h, order.total_cents);
    html_add(&h, ".</p>\n");
    shop_page_end(x, &h);
}
