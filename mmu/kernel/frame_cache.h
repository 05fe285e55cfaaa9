/* frame_cache.h - some idle frames at hand for each CPU, so that it seldom needs the machine's.
 *
 *   machine's sets:   free, zeroed                   lowest frame first (frame.h)
 *        |  ^
 *  batch |  | batch, when a CPU has more than `high`
 *        v  |
 *   CPU's own lists:  free, zeroed                   the last one that came is the first to go
 *
 * Idea: on a real machine the lists of all free frames are behind a lock that every CPU wants.
 * With a few frames of its own a CPU needs it once a batch; and what was freed last is still in
 * its cache.  The price: frames lie about in lists of CPUs that do not need them.  So when the sets are
 * empty, or a block of frames is looked for, all lists are emptied first.
 *
 * Invariant (frame_caches_check): count[kind] = frames in all lists of the kind, which are in
 * neither set.
 * Source: per-cpu pagesets of mm/page_alloc.c in Linux (rmqueue_pcplist, free_unref_page,
 * drain_all_pages).  Used by frame.c.
 */
#ifndef FAULTLINE_FRAME_CACHE_H
#define FAULTLINE_FRAME_CACHE_H

#include "faultline/counters.h"
#include "kernel/index_set.h"
#include "kernel/memory.h"

typedef enum IdleKind { IDLE_FREE, IDLE_ZEROED, IDLE_KINDS } IdleKind;

typedef struct FrameCaches {
    PerCpuPages size; /* high 0: there are none */
    uint32_t cpus;
    uint32_t cpu; /* the one at work: memory_enter_cpu() sets it */
    uint64_t count[IDLE_KINDS];
    uint32_t *held; /* [cpu][kind]: frames in a list ...  */
    Pfn *frames;    /* [cpu][kind][high + 1]: ... and which */
    Counters *machine;
} FrameCaches;

/* False: out of host memory.  Nothing happens if size.high is 0. */
bool frame_caches_init(FrameCaches *caches, PerCpuPages size, uint32_t cpus, Counters *machine);
void frame_caches_clear(FrameCaches *caches);

static inline bool frame_caches_exist(const FrameCaches *caches) { return caches->size.high != 0; }

/* A frame from the list of the CPU at work, which takes a batch from `set` if it is empty.
 * PFN_NONE: that is empty, too. */
Pfn frame_cache_take(FrameCaches *caches, IndexSet *set, IdleKind kind);
/* A frame that was released is the CPU's; a batch of its oldest goes to `free` if it has too many. */
void frame_cache_put(FrameCaches *caches, IndexSet *free, Pfn pfn);
/* All lists are emptied into the sets. */
void frame_caches_drain(FrameCaches *caches, IndexSet *free, IndexSet *zeroed);
/* Is the frame in a list of this kind?  Looks at all of them. */
bool frame_caches_have(const FrameCaches *caches, IdleKind kind, Pfn pfn);

const char *frame_caches_check(const FrameCaches *caches, const IndexSet *free,
                               const IndexSet *zeroed);

#endif
