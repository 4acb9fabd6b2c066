#include "observe/sql_text.h"

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Length of what begins with this quote; all that is left when it does not end. */
static size_t quoted(struct view v, char quote, bool escapes) {
    for (size_t i = 1; i < v.len; i++) {
        if (escapes && v.ptr[i] == '\\')
            i++;
        else if (v.ptr[i] == quote && i + 1 < v.len && v.ptr[i + 1] == quote)
            i++;
        else if (v.ptr[i] == quote)
            return i + 1;
    }
    return v.len;
}

/* "$$…$$", "$tag$…$tag$"; 0: none begins here ("$1"). */
static size_t dollar_quoted(struct view v) {
    size_t n = 1;
    while (n < v.len && v.ptr[n] != '$' && is_word(v.ptr[n]))
        n++;
    if (n >= v.len || v.ptr[n] != '$' || (n > 1 && is_digit(v.ptr[1])))
        return 0;
    struct view tag = view_take(v, n + 1), rest = view_drop(v, n + 1);
    ptrdiff_t end = view_find_view(rest, tag);
    return end < 0 ? v.len : n + 1 + (size_t)end + tag.len;
}

static size_t number(struct view v) {
    size_t n = 0;
    while (n < v.len && (is_word(v.ptr[n]) || v.ptr[n] == '.' ||
                            (n > 0 && (v.ptr[n] == '+' || v.ptr[n] == '-') && (v.ptr[n - 1] | 32) == 'e')))
        n++;
    return n;
}

/* Length of the literal that begins here, or 0. word_before: the letter before belongs to a name. */
static size_t literal(struct view v, bool word_before) {
    char c = v.ptr[0];
    if (c == '\'')
        return quoted(v, '\'', false);
    if (!word_before && v.len > 1 && v.ptr[1] == '\'' && strchr("eEbBxXnN", c))
        return 1 + quoted(view_drop(v, 1), '\'', c == 'e' || c == 'E');
    if (c == '$' && !word_before)
        return dollar_quoted(v);
    if (!word_before && (is_digit(c) || (c == '.' && v.len > 1 && is_digit(v.ptr[1]))))
        return number(v);
    return 0;
}

char *sql_text_mask(struct view sql, char *out, size_t size) {
    size_t n = 0;
    bool word_before = false;
    while (sql.len && n + 1 < size) {
        char c = sql.ptr[0];
        size_t len = literal(sql, word_before);
        if (len) {
            out[n++] = '?';
            word_before = false;
        } else if (c == '"') { /* a name, whatever is in it */
            len = quoted(sql, '"', false);
            for (size_t i = 0; i < len && n + 1 < size; i++)
                out[n++] = sql.ptr[i];
            word_before = false;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            len = 1;
            if (n && out[n - 1] != ' ')
                out[n++] = ' ';
            word_before = false;
        } else {
            len = 1;
            out[n++] = c;
            word_before = is_word(c);
        }
        sql = view_drop(sql, len);
    }
    if (size)
        out[n] = '\0';
    return out;
}
