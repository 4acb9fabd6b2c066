/* Pages that show products. What is searched for is cached as a finished list (page_cache.h); all else is
 * asked of the database each time. */
#include "target/shop.h"
#include "core/clock.h"
#include "core/json_writer.h"
#include "target/commons.h"
#include "target/page_cache.h"
#include "target/shop_names.h"
#include "target/shop_page.h"
#include <inttypes.h>
#include <stdio.h>

enum {
    SHOP_FEATURED = 8,
    SHOP_ALSO = 6,
    SHOP_PHOTOS = 12,
    SHOP_REVIEWS = 5,
    SHOP_NEWS_S = 5, /* a notification each so many seconds */
    SHOP_NEWS_MAX = 10,
    SHOP_POLL_MS = 3000,
    SHOP_PIECE_MAX = 256 * 1024,
    SHOP_US_PER_S = 1000 * 1000,
};

static bool shop_read_page(struct exchange *x, int64_t *page) {
    struct view text = exchange_lookup(x, EXCHANGE_QUERY, "page");
    *page = 1;
    if (!text.ptr || (view_to_i64(text, page) && *page >= 1 && *page <= SHOP_PAGE_MAX))
        return true;
    exchange_refuse(x, 400, "page must be a whole number from 1 to %d", SHOP_PAGE_MAX);
    return false;
}

static void shop_add_pager(struct html *h, const char *href, int64_t page, int64_t rows) {
    int64_t last = (rows + SHOP_PAGE_ROWS - 1) / SHOP_PAGE_ROWS;
    html_add(h, "<p class=\"pager\">");
    if (page > 1)
        html_add(h, "<a rel=\"prev\" href=\"%spage=%" PRId64 "\">previous</a> ", href, page - 1);
    html_add(h, "page %" PRId64 " of %" PRId64 " (<span id=\"found\">%" PRId64 "</span> products)", page,
        last ? last : 1, rows);
    if (page < last)
        html_add(h, " <a rel=\"next\" href=\"%spage=%" PRId64 "\">next</a>", href, page + 1);
    html_add(h, "</p>\n");
}

static int shop_category(struct view name) {
    for (int i = 0; i < SHOP_CATEGORIES; i++)
        if (view_eq(name, view_of_cstr(shop_categories[i])))
            return i;
    return -1;
}

static void shop_add_categories(struct html *h) {
    html_add(h, "<p class=\"categories\">");
    for (int i = 0; i < SHOP_CATEGORIES; i++)
        html_add(h, "<a href=\"/shop/products?category=%s\">%s</a> ", shop_categories[i], shop_categories[i]);
    html_add(h, "</p>\n");
}

void shop_home_redirect(struct exchange *x) {
    exchange_set_header(x, "Location", "/shop/");
    exchange_fixed(x, 308, NULL, VIEW(""));
}

void shop_home(struct exchange *x) {
    struct shop_filter f = {.category = -1, .limit = SHOP_FEATURED};
    struct shop_visitor v;
    if (shop_visitor_open(&v, x))
        return;
    struct html h = shop_page_begin(x, &v, "Welcome");
    shop_add_categories(&h);
    html_add(&h, "<ul class=\"cards\">\n");
    int rc = shop_store_products(x->app->shop, &f, shop_page_card, &h);
    html_add(&h, "</ul>\n");
    if (rc < 0 && !h.error)
        (void)shop_visitor_fail(x, rc);
    else
        shop_page_end(x, &h);
}

void shop_products(struct exchange *x) {
    struct view category = exchange_lookup(x, EXCHANGE_QUERY, "category");
    struct shop_filter f = {.category = -1, .limit = SHOP_PAGE_ROWS};
    struct shop_visitor v;
    char href[80] = "/shop/products?";
    int64_t page, rows = 0;

    if (!shop_read_page(x, &page))
        return;
    if (category.len && (f.category = shop_category(category)) < 0) {
        exchange_refuse(x, 404, "There is no such category");
        return;
    }
    if (f.category >= 0)
        snprintf(href, sizeof href, "/shop/products?category=%s&amp;", shop_categories[f.category]);
    f.offset = (page - 1) * SHOP_PAGE_ROWS;
    if (shop_visitor_open(&v, x))
        return;
    struct html h = shop_page_begin(x, &v, f.category >= 0 ? shop_categories[f.category] : "Products");
    shop_add_categories(&h);
    html_add(&h, "<ul class=\"cards\">\n");
    int rc = shop_store_products(x->app->shop, &f, shop_page_card, &h);
    html_add(&h, "</ul>\n");
    int counted = rc < 0 ? rc : shop_store_count(x->app->shop, &f, &rows);
    shop_add_pager(&h, href, page, rows);
    if (counted < 0 && !h.error)
        (void)shop_visitor_fail(x, counted);
    else if (rc == SHOP_STORE_NONE && page > 1)
        exchange_refuse(x, 404, "There is no page %" PRId64, page);
    else
        shop_page_end(x, &h);
}

/* --- search --- */

/* Names begin with a capital: "kettle" finds kettles, too. */
static struct view shop_read_query(struct exchange *x, char out[SHOP_QUERY_MAX + 1]) {
    struct view q = view_trim(view_take(exchange_lookup(x, EXCHANGE_QUERY, "q"), SHOP_QUERY_MAX));
    if (q.len)
        memcpy(out, q.ptr, q.len);
    out[q.len] = '\0';
    if (out[0] >= 'a' && out[0] <= 'z')
        out[0] = (char)(out[0] - 'a' + 'A');
    return view_of(out, q.len);
}

static int shop_render_found(struct exchange *x, struct view query, int64_t page, struct buf *out) {
    struct shop_filter f = {
        .category = -1, .begin = query, .limit = SHOP_PAGE_ROWS, .offset = (page - 1) * SHOP_PAGE_ROWS};
    struct html h = html_of(out);
    int64_t rows = 0;
    html_add(&h, "<ul class=\"cards\">\n");
    int rc = shop_store_products(x->app->shop, &f, shop_page_card, &h);
    if (rc >= 0)
        rc = shop_store_count(x->app->shop, &f, &rows);
    html_add(
        &h, "</ul>\n<p><span id=\"found\">%" PRId64 "</span> products, page %" PRId64 "</p>\n", rows, page);
    return rc < 0 ? rc : h.error;
}

static int shop_add_found(struct exchange *x, struct view query, int64_t page) {
    struct buf piece CLEANUP(buf_deinit) = BUF_MAX(SHOP_PIECE_MAX);
    char key[SHOP_QUERY_MAX + 40];
    int64_t now_ns = commons_now_ns();
    int key_len = snprintf(key, sizeof key, "%" PRId64 " %.*s", page, VIEW_ARGS(query));
    struct view found = view_of(key, (size_t)key_len);
    int rc = x->app->cache ? page_cache_get(x->app->cache, found, now_ns, &x->reply) : 1;
    if (rc != 1)
        return rc;
    rc = shop_render_found(x, query, page, &piece);
    if (rc)
        return rc;
    if (x->app->cache)
        page_cache_put(x->app->cache, found, buf_view(&piece), now_ns);
    return buf_append_view(&x->reply, buf_view(&piece));
}

void shop_search(struct exchange *x) {
    char text[SHOP_QUERY_MAX + 1];
    struct shop_visitor v;
    struct view query = shop_read_query(x, text);
    int64_t page;

    if (!shop_read_page(x, &page))
        return;
    if (!query.len) {
        exchange_refuse(x, 400, "q is missing: what do you look for?");
        return;
    }
    if (shop_visitor_open(&v, x))
        return;
    struct html h = shop_page_begin(x, &v, "Search");
    html_add(&h, "<p>Products whose name begins with “");
    html_add_text(&h, query);
    html_add(&h, "”:</p>\n");
    int rc = shop_add_found(x, query, page);
    if (rc < 0)
        (void)shop_visitor_fail(x, rc);
    else
        shop_page_end(x, &h);
}

/* --- one product --- */

struct shop_product_page {
    struct exchange *x;
    const struct shop_visitor *v;
    struct html h;
    int64_t id, category;
};

static int shop_on_product(void *ctx, const struct shop_product *p) {
    struct shop_product_page *page = ctx;
    struct html *h = &page->h;
    *h = shop_page_begin(page->x, page->v, shop_categories[p->category]);
    page->category = p->category;
    html_add(h,
        "<article class=\"product\">\n<link rel=\"stylesheet\" href=\"/shop/assets/product.css\">\n"
        "<script src=\"/shop/assets/gallery.js\" defer></script>\n<h2 lang=\"%.*s\">",
        VIEW_ARGS(p->locale));
    html_add_text(h, p->name);
    html_add(h, "</h2>\n<div class=\"gallery\">\n");
    for (int i = 0; i < SHOP_PHOTOS; i++)
        html_add(h,
            "<img src=\"/shop/assets/photo-%" PRId64
            "-%d.bmp\" alt=\"view %d\" width=\"96\" height=\"96\">\n",
            p->id % 100, i, i + 1);
    html_add(h, "</div>\n<p class=\"price\">");
    shop_page_price(h, p->price_cents);
    html_add(h,
        "</p>\n<p>%" PRId64 " in stock, article number %06" PRId64 ".</p>\n"
        "<form method=\"post\" action=\"/shop/cart/add\">",
        p->stock, p->id);
    shop_page_token(h, page->v);
    html_add(h,
        "<input type=\"hidden\" name=\"product_id\" value=\"%" PRId64 "\">"
        "<input name=\"quantity\" type=\"number\" value=\"1\" min=\"1\" max=\"%d\"><button>Add to "
        "cart</button></form>\n"
        "<iframe src=\"/shop/reviews/%" PRId64 "\" title=\"Reviews\" width=\"480\" height=\"260\"></iframe>\n"
        "<h3>Others also looked at</h3>\n<ul class=\"cards\">\n",
        p->id, SHOP_QUANTITY_MAX, p->id);
    return h->error;
}

void shop_product(struct exchange *x) {
    struct shop_visitor v;
    struct shop_product_page page = {.x = x, .v = &v};
    struct shop_filter also = {.limit = SHOP_ALSO};

    if (shop_visitor_open(&v, x))
        return;
    int rc = view_to_i64(x->param, &page.id)
                 ? shop_store_product(x->app->shop, page.id, shop_on_product, &page)
                 : SHOP_STORE_NONE;
    if (rc == SHOP_STORE_NONE) {
        shop_page_gone(x, &v, "There is no such product.");
        return;
    }
    also.category = page.category;
    if (rc == 0)
        rc = shop_store_products(x->app->shop, &also, shop_page_card, &page.h);
    html_add(&page.h, "</ul>\n</article>\n");
    if (rc < 0 && !page.h.error)
        (void)shop_visitor_fail(x, rc);
    else
        shop_page_end(x, &page.h);
}

struct shop_news {
    char name[SHOP_NAME_MAX], city[SHOP_NAME_MAX];
};

static void shop_on_customer(void *ctx, const struct shop_user *u) {
    struct shop_news *n = ctx;
    snprintf(n->name, sizeof n->name, "%.*s", VIEW_ARGS(u->name));
    snprintf(n->city, sizeof n->city, "%.*s", VIEW_ARGS(u->city));
}

/* One that belongs to the number, always the same. */
static int shop_pick_customer(struct exchange *x, uint64_t number, struct shop_news *out) {
    int64_t users = 0;
    int rc = shop_store_users(x->app->shop, &users);
    *out = (struct shop_news){.name = "Somebody", .city = "somewhere"};
    if (rc == 0 && users > 0)
        rc = shop_store_user(x->app->shop,
            1 + (int64_t)(view_hash(view_of((const char *)&number, sizeof number), 1) % (uint64_t)users),
            shop_on_customer, out);
    return rc < 0 ? rc : 0;
}

void shop_reviews(struct exchange *x) {
    static const char *const words[] = {"Does what it should.", "A present, and it was liked.",
        "Smaller than in the picture.", "The second one I buy.", "Arrived within two days.",
        "The colour is different.", "Quiet and sturdy."};
    struct shop_news who;
    int64_t id = 0;
    int rc = 0;

    if (!view_to_i64(x->param, &id) || id < 1) {
        exchange_refuse(x, 404, "There is no such product");
        return;
    }
    struct html h = shop_page_begin(x, NULL, "Reviews");
    html_add(&h, "<main>\n<ul class=\"reviews\">\n");
    for (int i = 0; rc == 0 && i < SHOP_REVIEWS; i++) {
        uint64_t number = (uint64_t)id * SHOP_REVIEWS + (uint64_t)i;
        rc = shop_pick_customer(x, number, &who);
        html_add(&h, "<li>%s <i>", words[number % (sizeof words / sizeof words[0])]);
        html_add_text(&h, view_of_cstr(who.name));
        html_add(&h, ", ");
        html_add_text(&h, view_of_cstr(who.city));
        html_add(&h, "</i></li>\n");
    }
    html_add(&h, "</ul>\n");
    if (rc)
        (void)shop_visitor_fail(x, rc);
    else
        shop_page_end(x, &h);
}

/* --- polling --- */

void shop_notifications(struct exchange *x) {
    struct json_writer w = json_writer_of(&x->reply);
    struct view since_text = exchange_lookup(x, EXCHANGE_QUERY, "since");
    int64_t latest = clock_wall_us() / SHOP_US_PER_S / SHOP_NEWS_S, since = latest - 1;
    struct shop_news who;
    char text[2 * SHOP_NAME_MAX + 40];
    int rc = 0;

    if (since_text.ptr && (!view_to_i64(since_text, &since) || since < 0)) {
        exchange_refuse(x, 400, "since must be the latest of an earlier answer");
        return;
    }
    since = since < latest - SHOP_NEWS_MAX ? latest - SHOP_NEWS_MAX : since;
    json_writer_object(&w);
    json_writer_key(&w, VIEW("latest"));
    json_writer_i64(&w, latest);
    json_writer_key(&w, VIEW("next_poll_ms"));
    json_writer_i64(&w, SHOP_POLL_MS);
    json_member_array(&w, "items");
    for (int64_t id = since + 1; rc == 0 && id <= latest; id++) {
        rc = shop_pick_customer(x, (uint64_t)id, &who);
        snprintf(text, sizeof text, "%s from %s has just bought something", who.name, who.city);
        json_writer_object(&w);
        json_writer_key(&w, VIEW("id"));
        json_writer_i64(&w, id);
        json_writer_key(&w, VIEW("text"));
        json_writer_string(&w, view_of_cstr(text));
        json_writer_end(&w);
    }
    json_writer_end(&w);
    json_writer_end(&w);
    x->status = 200;
    x->content_type = "application/json";
    exchange_set_header(x, "Cache-Control", "no-store");
    if (rc)
        (void)shop_visitor_fail(x, rc);
    else
        (void)exchange_guard(x, json_writer_error(&w));
}
