/* heap_survey.h - what a heap's memory is good for: its bytes by kind, its pages by why they stay.
 *
 *   |oo..oo|..oo....|........|..##....|oo......|........|      oo used  .. free  ## its own data
 *    live   pinned   below    own      pinned   kept          a page each
 *
 * Idea: fragmentation in two measures.  In bytes: of what the allocator holds, how much lies free,
 * and in pieces of what size.  In pages: what free() did not give back to the system, and why:
 *
 *   pinned  one block, which does not fill it, keeps the whole page
 *   own     no block, but the allocator's own data
 *   below   nothing at all, but a block lies above in the same stretch of memory, so the break
 *           cannot go down and the mapping cannot go
 *   kept    nothing, nor anything above: the allocator keeps it for the next malloc
 *
 * Invariant: live + own + below + kept = resident;  pinned <= live.
 * Only resident pages count.  Units: bytes, pages.  Looking changes nothing.
 */
#ifndef FAULTLINE_HEAP_SURVEY_H
#define FAULTLINE_HEAP_SURVEY_H

#include "heap.h"

/* HEAP_FIGURE(name): the members, stats.json and expectations grow from this. */
#define HEAP_FIGURES(HEAP_FIGURE)                                                                  \
    HEAP_FIGURE(live_blocks)                                                                       \
    HEAP_FIGURE(free_blocks)                                                                       \
    HEAP_FIGURE(free_bytes)                                                                        \
    HEAP_FIGURE(largest_free_bytes)                                                                \
    HEAP_FIGURE(overhead_bytes)                                                                    \
    HEAP_FIGURE(resident_pages)                                                                    \
    HEAP_FIGURE(live_pages)                                                                        \
    HEAP_FIGURE(pinned_pages)                                                                      \
    HEAP_FIGURE(own_pages)                                                                         \
    HEAP_FIGURE(below_pages)                                                                       \
    HEAP_FIGURE(kept_pages)

typedef struct HeapSurvey {
#define FIGURE(name) uint64_t name;
    HEAP_FIGURES(FIGURE)
#undef FIGURE
} HeapSurvey;

/* Of a process that is alive; all zero, if it has no heap, or one that is damaged or has more than
 * SURVEY_PARTS_MAX blocks. */
#define SURVEY_PARTS_MAX (UINT32_C(1) << 22)
struct Process;
HeapSurvey heap_survey_take(const struct Process *process);

/* A block as far as it matters here. */
typedef struct HeapPart {
    VAddr va;
    uint64_t length; /* > 0 */
    BlockKind kind;
} HeapPart;

/* Moves on to the first resident page at or behind *vpn.  False: there is none. */
typedef bool ResidentPage(void *host, Vpn *vpn);
/* Of blocks sorted by address. */
HeapSurvey heap_survey_of(const HeapPart *parts, uint64_t count, unsigned page_shift,
                          ResidentPage *resident, void *host);

#endif
