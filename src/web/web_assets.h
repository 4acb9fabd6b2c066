/* The files of the page, as cmake/Ui.cmake found them in build/ui; without them there is only a plain page
 * that says how to get them. */
#ifndef WEB_WEB_ASSETS_H
#define WEB_WEB_ASSETS_H

#include "core/view.h"

struct web_asset {
    const char *path; /* "/index.html", "/assets/index-1a2b3c.js"; NULL ends the table */
    const char *type;
    const unsigned char *bytes; /* gzip */
    size_t len, plain_len;
};
extern const struct web_asset web_assets[];
const struct web_asset *web_asset_find(
    const struct web_asset *table, struct view path); /* NULL = no such file */

#endif
