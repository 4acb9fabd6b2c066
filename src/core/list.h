/* Intrusive doubly linked list: the entry lives in the object. A list head is an entry that points
 * to itself; an unlinked entry has next == NULL, so list_remove can be called twice. */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#define LIST_ENTRY(ptr, type, member) CONTAINER_OF(ptr, type, member)
/* The body may unlink (and free) the current entry. */
#define LIST_EACH(pos, head)                                                                        \
    for (struct list *pos = (head)->next, *pos##_next_ = pos->next; pos != (head);                  \
         pos = pos##_next_, pos##_next_ = pos->next)

static inline void list_init(struct list *head) { head->next = head->prev = head; }
static inline bool list_empty(const struct list *head) { return head->next == head || !head->next; }
static inline bool list_linked(const struct list *entry) { return entry->next != NULL; }
static inline void list_insert_before(struct list *at, struct list *entry) {
    entry->prev = at->prev;
    entry->next = at;
    at->prev->next = entry;
    at->prev = entry;
}
static inline void list_push(struct list *head, struct list *entry) { list_insert_before(head, entry); }
static inline void list_push_front(struct list *head, struct list *entry) { list_insert_before(head->next, entry); }
static inline void list_remove(struct list *entry) {
    if (!entry->next)
        return;
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    entry->next = entry->prev = NULL;
}
/* NULL when empty. */
static inline struct list *list_first(struct list *head) { return list_empty(head) ? NULL : head->next; }
static inline struct list *list_pop(struct list *head) {
    struct list *e = list_first(head);
    if (e)
        list_remove(e);
    return e;
}

#endif
