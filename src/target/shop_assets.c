/* Style sheets and scripts are compiled in; images are drawn from their number: thumb-N.svg (small), and
 * photo-P-N.bmp (27 KB). All have an ETag and may be cached for an hour, unless the application serves them
 * itself (the fault static-by-app). */
#include "target/commons.h"
#include "target/exchange.h"
#include "target/html.h"
#include "target/shop.h"
#include <inttypes.h>
#include <stdio.h>

extern const char embed_shop_css[], embed_product_css[], embed_shop_js[], embed_gallery_js[];
extern const size_t embed_shop_css_size, embed_product_css_size, embed_shop_js_size, embed_gallery_js_size;

enum {
    SHOP_ASSET_AGE_S = 3600,
    SHOP_NUMBER_MAX = 1000,
    SHOP_PHOTO_SIDE = 96,
    SHOP_PHOTO_HEAD = 54,
    SHOP_PHOTO_SIZE = SHOP_PHOTO_HEAD + SHOP_PHOTO_SIDE * SHOP_PHOTO_SIDE * 3,
    SHOP_HUES = 360,
    SHOP_CHANNEL = 255,
};

static const struct {
    const char *name, *type, *text;
    const size_t *size;
} shop_files[] = {
    {"shop.css", "text/css; charset=utf-8", embed_shop_css, &embed_shop_css_size},
    {"product.css", "text/css; charset=utf-8", embed_product_css, &embed_product_css_size},
    {"shop.js", "text/javascript; charset=utf-8", embed_shop_js, &embed_shop_js_size},
    {"gallery.js", "text/javascript; charset=utf-8", embed_gallery_js, &embed_gallery_js_size},
};

/* --- images --- */

static void asset_draw_thumb(struct exchange *x, unsigned number) {
    struct html h = html_of(&x->reply);
    unsigned hue = number * 47 % SHOP_HUES;
    html_add(&h,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 120 120\">"
        "<rect width=\"120\" height=\"120\" rx=\"12\" fill=\"hsl(%u 45%% 90%%)\"/>",
        hue);
    for (unsigned i = 0; i < 12; i++)
        html_add(&h, "<circle cx=\"%u\" cy=\"%u\" r=\"%u\" fill=\"hsl(%u 60%% %u%%)\" opacity=\".7\"/>",
            15 + (number * 31 + i * 53) % 90, 15 + (number * 17 + i * 29) % 90, 4 + (number + i * 7) % 14,
            (hue + i * 9) % SHOP_HUES, 35 + i * 3);
    html_add(&h, "</svg>\n");
    exchange_guard(x, h.error);
}

static void asset_put_u32(unsigned char *at, uint32_t v) {
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(v >> 8 * i & SHOP_CHANNEL);
}

/* An uncompressed bitmap: 24 bits, bottom row first. */
static void asset_draw_photo(struct exchange *x, unsigned product, unsigned view) {
    unsigned char bytes[SHOP_PHOTO_SIZE] = {'B', 'M'};
    asset_put_u32(bytes + 2, SHOP_PHOTO_SIZE);
    asset_put_u32(bytes + 10, SHOP_PHOTO_HEAD);
    asset_put_u32(bytes + 14, 40);
    asset_put_u32(bytes + 18, SHOP_PHOTO_SIDE);
    asset_put_u32(bytes + 22, SHOP_PHOTO_SIDE);
    bytes[26] = 1;
    bytes[28] = 24;
    for (unsigned i = 0; i < SHOP_PHOTO_SIDE * SHOP_PHOTO_SIDE; i++) {
        unsigned column = i % SHOP_PHOTO_SIDE, line = i / SHOP_PHOTO_SIDE;
        unsigned char *pixel = bytes + SHOP_PHOTO_HEAD + 3 * i;
        pixel[0] = (unsigned char)(120 + (column * (view + 2) + product * 3) % 120);
        pixel[1] = (unsigned char)(110 + (line * 2 + view * 11) % 120);
        pixel[2] = (unsigned char)(100 + ((column ^ line) + product * 13) % 140);
    }
    exchange_guard(x, buf_append(&x->reply, bytes, sizeof bytes));
}

/* "thumb-17.svg" and "photo-3-11.bmp", as they are written by the pages. */
static bool asset_draw(struct exchange *x) {
    char name[40], again[40];
    unsigned number = 0, view = 0;
    if (x->param.len >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", VIEW_ARGS(x->param));
    snprintf(again, sizeof again, "logo.svg");
    bool photo = sscanf(name, "photo-%3u-%3u", &number, &view) == 2;
    if (photo)
        snprintf(again, sizeof again, "photo-%u-%u.bmp", number, view);
    else if (sscanf(name, "thumb-%3u", &number) == 1)
        snprintf(again, sizeof again, "thumb-%u.svg", number);
    if (strcmp(name, again) != 0 || number >= SHOP_NUMBER_MAX)
        return false;
    x->status = 200;
    x->content_type = photo ? "image/bmp" : "image/svg+xml";
    if (photo)
        asset_draw_photo(x, number, view);
    else
        asset_draw_thumb(x, number);
    return true;
}

static bool asset_answer(struct exchange *x) {
    for (size_t i = 0; i < sizeof shop_files / sizeof shop_files[0]; i++)
        if (view_eq(x->param, view_of_cstr(shop_files[i].name))) {
            exchange_fixed(x, 200, shop_files[i].type, view_of(shop_files[i].text, *shop_files[i].size));
            return true;
        }
    return asset_draw(x);
}

void shop_asset(struct exchange *x) {
    char etag[32];
    bool by_app = query_meter_fault(&x->app->meter, FAULT_STATIC_BY_APP);

    snprintf(etag, sizeof etag, "\"%016" PRIx64 "\"", view_hash(x->param, view_hash(VIEW(HT_VERSION), 0)));
    if (!by_app && view_eq(exchange_lookup(x, EXCHANGE_HEADER, "If-None-Match"), view_of_cstr(etag)))
        exchange_fixed(x, 304, NULL, VIEW(""));
    else if (!asset_answer(x)) {
        exchange_refuse(x, 404, "There is no such asset");
        return;
    }
    if (by_app) {
        exchange_set_header(x, "Cache-Control", "no-store");
        return;
    }
    exchange_set_header(x, "ETag", "%s", etag);
    exchange_set_header(x, "Cache-Control", "public, max-age=%d", SHOP_ASSET_AGE_S);
}
