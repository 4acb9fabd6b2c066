/* Lists of nodes without doubles, in the order of adding. */
#ifndef SCRIPT_JS_HTML_NODES_H
#define SCRIPT_JS_HTML_NODES_H

#include "script/js/html/css_selector.h"

struct html_nodes {
    const GumboNode **at;
    size_t count, cap;
    const GumboNode **seen; /* hash set, once the list is long */
    size_t seen_cap;
    bool failed; /* no memory; the list is then short */
};
#define HTML_NODES_NULL ((struct html_nodes){0})

void html_nodes_deinit(struct html_nodes *l);
void html_nodes_add(struct html_nodes *l, const GumboNode *n); /* NULL and nodes that it has are skipped */
bool html_nodes_has(const struct html_nodes *l, const GumboNode *n);
/* All elements below the nodes of `from` that match. */
void html_nodes_find(struct html_nodes *l, const struct html_nodes *from, const struct css_selector *s);

#endif
