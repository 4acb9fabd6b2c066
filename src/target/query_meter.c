#include "target/query_meter.h"
#include "target/commons.h"

enum { QUERY_METER_NS_PER_US = 1000 };

void query_meter_reset(struct query_meter *m) {
    m->queries = 0;
    m->used_ns = m->owed_ns = m->first_ns = 0;
}

void query_meter_begin(struct query_meter *m) {
    if (!m)
        return;
    m->began_ns = commons_now_ns();
    m->first_ns = m->first_ns ? m->first_ns : m->began_ns;
}

void query_meter_end(struct query_meter *m, const char *sql) {
    if (!m)
        return;
    int64_t used_ns = commons_now_ns() - m->began_ns;
    int64_t owed_ns = m->faults ? fault_value(m->faults, FAULT_DB_LATENCY) * QUERY_METER_NS_PER_US : 0;
    if (m->tells && m->queries < QUERY_METER_KEPT)
        m->told[m->queries] = (struct query_told){sql, m->began_ns - m->first_ns + m->owed_ns, used_ns + owed_ns};
    m->queries++;
    m->used_ns += used_ns;
    m->owed_ns += owed_ns;
    if (m->metrics)
        metrics_observe(&m->metrics->query, used_ns + owed_ns);
}

bool query_meter_fault(const struct query_meter *m, enum fault_id id) {
    return m && m->faults && fault_value(m->faults, id) != 0;
}
