/* What the practice backend reads: faults and seeds (a value that parses is shown as it can be typed again), form fields, traceparents.
 * links: ht_target */
#include "core/rng.h"
#include "target/fault.h"
#include "target/form.h"
#include "target/shop_seed.h"
#include "target/spans.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fault(struct view text) {
    struct fault_set s = FAULT_SET_NULL, again = FAULT_SET_NULL;
    struct view rest = text;
    char shown[FAULT_TEXT_MAX], typed[2 * FAULT_TEXT_MAX];
    struct error err = ERROR_NULL;

    if (fault_parse(&s, text, &err)) {
        if (!err.text[0])
            abort();
        return;
    }
    enum fault_id id = fault_find(view_cut(&rest, '=', NULL), &err);
    if (id == FAULT_IDS)
        abort();
    if (!fault_value(&s, id)) /* cpu-ms=0 */
        return;
    snprintf(typed, sizeof typed, "%s=%s", fault_name(id), fault_format_value(&s, id, shown));
    if (fault_parse(&again, view_of_cstr(typed), &err) || fault_value(&again, id) != fault_value(&s, id))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view text = view_of((const char *)data, size);
    struct spans_context context;
    struct shop_seed seed;
    struct rng rng;
    char value[16];

    check_fault(text);
    if (shop_seed_parse(&seed, text, NULL) == 0 && (seed.rows < SHOP_SEED_ROWS_LEAST || seed.rows > SHOP_SEED_ROWS_MAX))
        abort();
    if (form_find(text, "a", value, sizeof value) >= sizeof value)
        abort();
    rng_init(&rng, 1);
    spans_begin(&context, text, &rng);
    return 0;
}
