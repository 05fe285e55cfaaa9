/* recorder.h - samples over virtual time: as many as a plot can show, however long the run.
 *
 * Idea: begin with a fine interval.  When the room is full, merge neighbours pairwise and
 * double the interval: the past gets coarser, never forgotten, and the cost of a run of
 * length T is O(log T).
 *
 *   t:  1 2 3 4 5 6 7 8   full   ->   . 2 . 4 . 6 . 8   and go on with 10, 12, 14 ...
 *
 * A process that appears while the machine runs gets a column of its own, zero so far; when there
 * get to be many, samples are merged to make room for them.
 *
 * A merged sample keeps the state at its end and the least and greatest rss within.
 * Invariant (recorder_check): times ascend; there are at most `capacity` samples;
 * rss_min <= rss <= rss_max.
 */
#ifndef FAULTLINE_RECORDER_H
#define FAULTLINE_RECORDER_H

#include "machine.h"

typedef struct MachineSample {
    Tick time;
    uint64_t free, zeroed, resident, swap_used;            /* at that time */
    uint64_t rss, rss_min, rss_max;                        /* pages, the sum over processes */
    uint64_t minflt, majflt, pgfault, tlb_misses, busy_ns; /* since the start */
    uint64_t zfod, zero_page_reads, softflt;               /* of minflt: parts */
} MachineSample;

typedef struct ProcessSample {
    uint64_t rss, rss_min, rss_max, working_set; /* pages */
    uint64_t heap_bytes, live_bytes, granted_bytes;
    uint64_t pgfault; /* since the start */
} ProcessSample;

typedef struct Recorder Recorder;

/* `capacity` is even. */
Recorder *recorder_create(uint32_t processes, Tick interval, uint32_t capacity);
/* The usual one: fine enough for a run of microseconds, and bounded also in the number of
 * processes. */
Recorder *recorder_for(const Machine *machine);
/* There are as many processes now: never fewer than before. */
void recorder_grow(Recorder *recorder, uint32_t processes);
void recorder_free(Recorder *recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recorder, recorder_free)

/* Append a sample; `processes` has one element a process.  A second sample of the same time
 * is dropped.  rss_min and rss_max are set here. */
void recorder_add(Recorder *recorder, MachineSample sample, const ProcessSample *processes);
/* Append the machine's present state. */
void recorder_sample(Recorder *recorder, const Machine *machine);

/* The interval between samples that suits now. */
Tick recorder_interval(const Recorder *recorder);
uint32_t recorder_count(const Recorder *recorder);
uint32_t recorder_processes(const Recorder *recorder);
const MachineSample *recorder_machine(const Recorder *recorder, uint32_t sample);
const ProcessSample *recorder_process(const Recorder *recorder, uint32_t sample, uint32_t process);

/* NULL, or what is wrong, in words. */
const char *recorder_check(const Recorder *recorder);

#endif
