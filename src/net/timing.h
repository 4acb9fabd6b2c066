/* The instants of one HTTP round trip, µs on the loop's clock; 0 = did not happen. net measures and returns; it never records.
 *
 * k6's durations follow: blocked = got_connection − asked · connecting = connected − connect_started ·
 * tls_handshaking = tls_done − connected · sending = sent − got_connection · waiting = first_byte − sent ·
 * receiving = done − first_byte · duration = sending + waiting + receiving. With no answer, waiting runs to the failure. */
#ifndef NET_TIMING_H
#define NET_TIMING_H

#include <stdbool.h>
#include <stdint.h>

struct timing {
    int64_t asked_us;           /* wanted a connection */
    int64_t lookup_started_us, lookup_done_us;
    int64_t connect_started_us, connected_us; /* TCP; 0 on a reused connection */
    int64_t tls_done_us;        /* 0 without TLS or when reused */
    int64_t got_connection_us;  /* ready to write the request */
    int64_t sent_us;            /* last byte of the request handed to the kernel */
    int64_t first_byte_us;      /* first byte of the answer */
    int64_t done_us;            /* body complete, or the failure */
    bool reused;
};

#endif
