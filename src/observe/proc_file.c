#include "observe/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, PIECE = 16 * 1024 };

int proc_file_read(const struct probe *p, const char *path, struct buf *out) {
    char full[PATH_BYTES];
    buf_clear(out);
    if (snprintf(full, sizeof full, "%s%s", p->root, path) >= (int)sizeof full)
        return -ENAMETOOLONG;
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = fd < 0 ? -errno : 0;
    for (ssize_t n = 1; r == 0 && n > 0;) {
        r = buf_reserve(out, PIECE);
        if (r < 0)
            break;
        n = read(fd, out->ptr + out->len, PIECE);
        r = n < 0 ? -errno : 0;
        out->len += n > 0 ? (size_t)n : 0;
    }
    if (out->ptr)
        out->ptr[out->len] = '\0';
    if (fd >= 0)
        close(fd);
    return r;
}

struct view proc_file_word(struct view *rest) {
    size_t from = 0, to;
    while (from < rest->len && (rest->ptr[from] == ' ' || rest->ptr[from] == '\t'))
        from++;
    for (to = from; to < rest->len && rest->ptr[to] != ' ' && rest->ptr[to] != '\t'; to++)
        ;
    struct view word = view_of(rest->ptr + from, to - from);
    *rest = view_drop(*rest, to);
    return word;
}

/* What stands behind `word` on its line; ptr NULL: no line begins with it. */
static struct view line_of(struct view text, struct view word) {
    while (text.len) {
        struct view line = view_cut(&text, '\n', NULL);
        if (!view_starts_with(line, word))
            continue;
        struct view behind = view_drop(line, word.len);
        if (behind.len && behind.ptr[0] == ':')
            behind = view_drop(behind, 1);
        if (!behind.len || behind.ptr[0] == ' ' || behind.ptr[0] == '\t')
            return behind;
    }
    return VIEW_NULL;
}

double proc_file_number_at(struct view text, const char *word, size_t n) {
    struct view line = line_of(text, view_of_cstr(word)), one = VIEW_NULL;
    double value;
    for (size_t i = 0; i <= n; i++)
        one = proc_file_word(&line);
    return one.len && view_to_double(one, &value) ? value : (double)NAN;
}

double proc_file_number(struct view text, const char *word) {
    return proc_file_number_at(text, word, 0);
}

double proc_file_column(struct view text, const char *group, const char *column) {
    struct view word = view_of_cstr(group);
    while (text.len) {
        struct view names = view_cut(&text, '\n', NULL), next = text, numbers = view_cut(&next, '\n', NULL);
        if (!view_starts_with(names, word) || !view_starts_with(numbers, word))
            continue;
        names = view_drop(names, word.len);
        numbers = view_drop(numbers, word.len);
        for (struct view name; (name = proc_file_word(&names)).len;) {
            struct view number = proc_file_word(&numbers);
            double value;
            if (view_eq(name, view_of_cstr(column)))
                return view_to_double(number, &value) ? value : (double)NAN;
        }
        text = next;
    }
    return (double)NAN;
}

double proc_file_value(struct view text) {
    double value;
    text = view_trim(text);
    if (view_eq(text, VIEW("max")))
        return (double)INFINITY;
    return view_to_double(text, &value) ? value : (double)NAN;
}
