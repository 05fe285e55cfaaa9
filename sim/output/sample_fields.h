/* sample_fields.h - what series.csv and the recording both write of a sample, in their order, as
 * FIELD(name): column and member of MachineSample or ProcessSample are the same word.
 */
#ifndef FAULTLINE_SAMPLE_FIELDS_H
#define FAULTLINE_SAMPLE_FIELDS_H

#define MACHINE_SAMPLE_FIELDS(FIELD)                                                               \
    FIELD(free)                                                                                    \
    FIELD(zeroed)                                                                                  \
    FIELD(resident)                                                                                \
    FIELD(swap_used)                                                                               \
    FIELD(rss)                                                                                     \
    FIELD(rss_max)                                                                                 \
    FIELD(minflt)                                                                                  \
    FIELD(majflt)                                                                                  \
    FIELD(pgfault)                                                                                 \
    FIELD(zfod)                                                                                    \
    FIELD(zero_page_reads)                                                                         \
    FIELD(softflt)                                                                                 \
    FIELD(tlb_misses)                                                                              \
    FIELD(busy_ns)

/* Behind rss, and in the CSV rss_max. */
#define PROCESS_SAMPLE_FIELDS(FIELD)                                                               \
    FIELD(working_set)                                                                             \
    FIELD(heap_bytes)                                                                              \
    FIELD(live_bytes)                                                                              \
    FIELD(granted_bytes)                                                                           \
    FIELD(pgfault)

#endif
