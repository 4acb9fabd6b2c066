/* Words that seeded products, customers and todos are made of, in several languages. */
#ifndef TARGET_SHOP_NAMES_H
#define TARGET_SHOP_NAMES_H

#include <stddef.h>

enum {
    SHOP_LOCALES = 6,
    SHOP_CATEGORIES = 12,
    SHOP_ADJECTIVES = 8,
    SHOP_BRANDS = 16,
    SHOP_FIRST_NAMES = 12,
    SHOP_LAST_NAMES = 12,
    SHOP_CITIES = 6,
    SHOP_ERRANDS = 6,
};

struct shop_locale {
    const char *tag;
    const char *nouns[SHOP_CATEGORIES]; /* in the order of the categories */
    const char *adjectives[SHOP_ADJECTIVES];
    const char *first_names[SHOP_FIRST_NAMES], *last_names[SHOP_LAST_NAMES];
    const char *cities[SHOP_CITIES];
    const char *errands[SHOP_ERRANDS];
};

extern const struct shop_locale shop_locales[SHOP_LOCALES];
extern const char *const shop_categories[SHOP_CATEGORIES]; /* English plurals, as in URLs */
extern const char *const shop_brands[SHOP_BRANDS];

#endif
