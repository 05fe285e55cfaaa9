/* bench.h - what the measurements share: time, memory of this host, and a draw by Zipf's law. */
#ifndef FAULTLINE_BENCH_H
#define FAULTLINE_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* CPU time of this process. */
static inline double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* How much of this process is in the host's memory. */
static inline uint64_t host_bytes(void) {
    unsigned long long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm != NULL) {
        if (fscanf(statm, "%llu %llu", &size, &resident) != 2) {
            resident = 0;
        }
        fclose(statm);
    }
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The first of `count` ranks whose cumulated weight is beyond `draw`. */
static inline uint32_t rank_of(const uint64_t *cumulative, uint32_t count, uint64_t draw) {
    uint32_t from = 0, to = count - 1;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (draw < cumulative[middle]) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return from;
}

#endif
