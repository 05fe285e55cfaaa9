/* trim.h - working sets with limits: which page leaves one, and where it can still be found.
 *
 *   working set --trim--> modified --writer--> standby --a fault needs a frame--> gone
 *        ^                   |                    |
 *        +--- soft fault ----+--------------------+
 *
 * A page that is trimmed stays in memory.  Its policy is told that it was evicted (unloaded), and
 * if it is wanted again, a soft fault brings it back and the policy is told that it was loaded.
 *
 * A process is trimmed of one page when it is about to get another and has
 *   - as many as limits.rss allows, or as its policy's hard maximum, or
 *   - as many as its policy's soft maximum, and memory is not plentiful (memory_plentiful).
 * Under local scope (quota) a page is evicted instead, as in textbooks.
 *
 * Source: working-set trimming of Windows (Solomon and Russinovich, Windows Internals).
 * Locked pages are not trimmed, and there are always fewer of them than a space may hold
 * (lock_limit).
 * Invariant 11 (address_space_check): owned pages <= rss_max.
 */
#ifndef FAULTLINE_TRIM_H
#define FAULTLINE_TRIM_H

#include "kernel/kernel.h"

/* What a fault can have without taking it from anybody. */
static inline uint64_t frames_available(const Memory *m) {
    return frames_free(&m->frames) + frames_zeroed(&m->frames) +
           page_lists_count(&m->lists, LIST_STANDBY);
}
/* The same, with those that will be available once they are written. */
static inline uint64_t frames_coming(const Memory *m) {
    return frames_available(m) + page_lists_count(&m->lists, LIST_MODIFIED) + m->frames.in_transit;
}

/* More is available than the watermark high; without watermarks, anything at all. */
bool memory_plentiful(const Memory *m);

/* May replacement choose this frame now?  Its page can leave, and it does not belong to somebody
 * else who has no more than rss_min; in an emergency, only the former.  For trimming, any page will
 * do that is not locked. */
bool page_may_go(Memory *m, Pfn pfn);

/* The space is about to get another page: if it is at its limit, with the pages that its threads
 * are bringing in, one of its own is trimmed first. */
void working_set_make_room(Memory *m, AddressSpace *space);
/* The page is there: the last moment to trim for it.  There is something to do only if several
 * threads brought pages in at the same time and there was none to trim for each of them. */
void working_set_hold_maximum(Memory *m, AddressSpace *space);

/* All spaces but those of one policy (NULL: all) in the order of their excess over rss_min, the
 * largest first; of equals the lowest ASID.  Begin with SPACE_CURSOR_START.  NULL: that was the
 * last one. */
typedef struct SpaceCursor {
    int64_t excess;
    Asid asid;
} SpaceCursor;
#define SPACE_CURSOR_START ((SpaceCursor){INT64_MAX, 0})
AddressSpace *space_next_largest(const Memory *m, SpaceCursor *cursor, const PolicyInstance *but);

/* One pass over each working set, the one with the largest excess first, until `goal` frames are
 * available or will be; nobody is left with less than rss_min.  For POLICY_PER_PROCESS. */
void balance_set_trim(Memory *m, uint64_t goal);

/* Take a frame from the standby list, else from the modified list (writing its page): its oldest.
 * The frame is held, *ready_at tells when the device will be done.  PFN_NONE: there is none. */
Pfn trimmed_frame_take(Memory *m, Tick *ready_at);

/* The two lists and the frames on them agree. */
const char *trim_check(Memory *m);

#endif
