#include "net/fault.h"

const char *net_fault_text(enum net_fault f) {
    static const char *const texts[] = {
#define NET_FAULT_TEXT(id, text) [NET_FAULT_##id] = text,
        NET_FAULTS(NET_FAULT_TEXT)
#undef NET_FAULT_TEXT
    };
    return (unsigned)f < NET_FAULT_COUNT ? texts[f] : "unknown fault";
}
