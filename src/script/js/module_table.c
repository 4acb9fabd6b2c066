/* Every built-in module and global: one row each. */
#include "script/js/module.h"

extern const struct module_row module_k6, module_k6_crypto, module_k6_data, module_k6_encoding, module_k6_execution, module_k6_html,
    module_k6_http, module_k6_metrics, module_k6_timers;

const struct module_row *const module_rows[] = {
    &module_k6,      &module_k6_crypto, &module_k6_data,    &module_k6_encoding, &module_k6_execution,
    &module_k6_html, &module_k6_http,   &module_k6_metrics, &module_k6_timers,   NULL,
};

extern int json_global_globals(JSContext *ctx, JSValueConst global);
extern int text_codec_globals(JSContext *ctx, JSValueConst global);
extern int webcrypto_globals(JSContext *ctx, JSValueConst global);

const module_global module_globals[] = {json_global_globals, text_codec_globals, webcrypto_globals, NULL};
