/* What all pages of the shop have around their contents. */
#ifndef TARGET_SHOP_PAGE_H
#define TARGET_SHOP_PAGE_H

#include "target/html.h"
#include "target/shop_visitor.h"

/* Begins a page of 200 with head and navigation; `v` may be NULL (a frame). */
struct html shop_page_begin(struct exchange *x, const struct shop_visitor *v, const char *title);
void shop_page_end(struct exchange *x, struct html *h);
/* "€ 12.30" */
void shop_page_price(struct html *h, int64_t cents);
/* The hidden field with the token. */
void shop_page_token(struct html *h, const struct shop_visitor *v);
/* 303 See Other. */
void shop_page_redirect(struct exchange *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* One product in a list; a shop_product_fn whose ctx is a struct html. */
int shop_page_card(void *html, const struct shop_product *p);
void shop_page_gone(struct exchange *x, const struct shop_visitor *v, const char *what); /* 404 */

#endif
