/* What is wrong with a threshold, in k6's words. stats/threshold decides what is valid; this only finds the sentence that k6 would have
 * said, by cutting the text where k6 cuts it. (The missing letter in "expresion's" is k6's.) */
#include "script/js/options/options_priv.h"

/* In the order in which k6 looks for them. */
static const char *const operators[] = {"<=", "<", ">=", ">", "===", "==", "!="};
static const char *const methods[] = {"count", "rate", "value", "avg", "min", "max", "med"};

static bool split(struct view text, struct view *left, struct view *right) {
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        ptrdiff_t at = view_find_view(text, view_of_cstr(operators[i]));
        if (at < 0)
            continue;
        *left = view_trim(view_take(text, (size_t)at));
        *right = view_trim(view_drop(text, (size_t)at + strlen(operators[i])));
        return right->len > 0;
    }
    return false;
}

static int wrong_method(struct view text, struct view method, struct error *err) {
    struct view number = VIEW_NULL;
    double value;

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (view_eq(method, view_of_cstr(methods[i])))
            return 0;
    if (view_starts_with(method, VIEW("p(")) && view_ends_with(method, VIEW(")")))
        number = view_of(method.ptr + 2, method.len - 3);
    if (!number.ptr)
        return error_set(err, ERROR_INVALID, "failed parsing threshold expression's \"%.*s\" left hand side; reason: failed parsing method from expression",
            VIEW_ARGS(text));
    if (!view_to_double(number, &value))
        return error_set(err, ERROR_INVALID,
            "failed parsing threshold expression's \"%.*s\" left hand side; reason: malformed percentile value; reason: strconv.ParseFloat: parsing "
            "\"%.*s\": invalid syntax",
            VIEW_ARGS(text), VIEW_ARGS(number));
    if (value >= 0 && value <= 100)
        return 0;
    return error_set(err, ERROR_INVALID,
        "failed parsing threshold expression's \"%.*s\" left hand side; reason: malformed percentile value, provide a number between 0 and 100",
        VIEW_ARGS(text));
}

int options_threshold_words(struct view text, const char *why, struct error *err) {
    struct view left, right;
    double number;

    if (!split(text, &left, &right))
        return error_set(err, ERROR_INVALID, "failed parsing threshold expression \"%.*s\"; reason: malformed threshold expression", VIEW_ARGS(text));
    int rc = wrong_method(text, left, err);
    if (rc)
        return rc;
    if (!view_to_double(right, &number))
        return error_set(err, ERROR_INVALID,
            "failed parsing threshold expresion's \"%.*s\" right hand side; reason: strconv.ParseFloat: parsing \"%.*s\": invalid syntax",
            VIEW_ARGS(text), VIEW_ARGS(right));
    return error_set(err, ERROR_INVALID, "failed parsing threshold expression \"%.*s\"; reason: %.400s", VIEW_ARGS(text), why);
}

int options_threshold_target_words(struct view target, const char *why, struct error *err) {
    static const char start[] = "unable to validate threshold expressions; reason: parsing metric name failed, metric";
    ptrdiff_t open = view_find(target, '{'), close = view_find(target, '}');
    bool more = true;

    if ((open < 0) != (close < 0))
        return error_set(err, ERROR_INVALID, "%s \"%.*s\" has unmatched opening/close curly brace", start, VIEW_ARGS(target));
    if (open < 0 || target.ptr[target.len - 1] != '}')
        return error_set(err, ERROR_INVALID, "%s \"%.*s\" lacks a closing curly brace in its last position", start, VIEW_ARGS(target));
    struct view rest = view_of(target.ptr + open + 1, target.len - (size_t)open - 2);
    while (more) {
        struct view pair = view_cut(&rest, ',', &more), value = pair;
        struct view key = view_cut(&value, ':', NULL);
        if (!view_trim(key).len || !view_trim(value).len)
            return error_set(err, ERROR_INVALID, "%s \"%.*s\" tag expression is malformed", start, VIEW_ARGS(pair));
    }
    return error_set(err, ERROR_INVALID, "%s \"%.*s\": %.400s", start, VIEW_ARGS(target), why);
}
