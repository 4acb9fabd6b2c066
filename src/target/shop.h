/* The shop, /shop/: handlers for the router. Pages are HTML; every form carries a csrf_token that its POST
 * must bring back with the cookie shop_session, else 403. */
#ifndef TARGET_SHOP_H
#define TARGET_SHOP_H

struct exchange;

enum { SHOP_PAGE_ROWS = 24, SHOP_PAGE_MAX = 1000 * 1000, SHOP_QUERY_MAX = 80 };

void shop_home(struct exchange *x);
void shop_home_redirect(struct exchange *x);
void shop_products(struct exchange *x);      /* ?page=N ?category=NAME; 400, 404 beyond the last page */
void shop_search(struct exchange *x);        /* ?q= ?page=; names that begin so */
void shop_product(struct exchange *x);       /* 404 */
void shop_reviews(struct exchange *x);       /* what a product page shows in a frame */
void shop_notifications(struct exchange *x); /* ?since=ID; JSON to poll */
void shop_asset(struct exchange *x);         /* css, js, images; 304 */

void shop_login_form(struct exchange *x);
void shop_login(struct exchange *x);  /* username (an email), password "halftime": 303, 401, 403 */
void shop_logout(struct exchange *x); /* 303, 403 */
void shop_cart(struct exchange *x);
void shop_cart_add(struct exchange *x);    /* product_id, quantity: 303, 400, 403, 404 */
void shop_cart_remove(struct exchange *x); /* product_id: 303, 403, 404 */
void shop_checkout(struct exchange *x);    /* 303 to the order, or to the login; 400 with an empty cart */
void shop_order(struct exchange *x);       /* one's own: 200, 404 */

#endif
