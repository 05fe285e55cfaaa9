/* freebsd.c - FreeBSD's page daemon: an active, an inactive and a laundry queue.
 *
 *   load --> [ active: act_count 1..64 ] --count is 0--> [ inactive ] --clean--> out
 *                  ^          ^                            |       ^
 *                  |          '-------- referenced --------'       |
 *                  |                                             dirty
 *                  '------ referenced ------ [ laundry ] <---------'
 *                                                 '-- written, a cluster at a time --> inactive
 *
 * Idea: act_count is how much credit a page has.  It begins with 5, gains 3 whenever a scan finds
 * it referenced (64 at most), and loses 1 whenever a scan does not; at 0 the page is inactive.
 * Inactive pages stay mapped: to be referenced there is a way back.  Dirty ones are put aside, so
 * that clean ones go first and writes come in clusters.
 *
 * To find a victim:
 *   1. Active scan, from the first, one turn at most, until `inactive` pages (c/3) are on the
 *      two other queues: R=1: clear it, +3, to the end.  R=0: -1, to the end; or at 0 to the end
 *      of the inactive queue.
 *   2. Inactive scan, from the first: R=1: clear it, back to the end of the active queue with
 *      max(count, 5) + 3.  Dirty: to the end of the laundry.  Else: the victim.
 *   3. If there was none, launder, from the first, until `cluster` pages are written: R=1: as in 2.
 *      Else write it, to the end of the inactive queue.  The first that was written is the victim.
 *   4. If there was none, scan the active queue for a turn or until one page is inactive, and go
 *      to 2, until some page goes.
 * Pages that may not go are passed.  R=1 on load: the reference that brought the page counts.
 *
 * The plain form: one kind of pages, no background laundering, no time: scans happen on demand.
 * Cost: nothing a reference.  Each look at an active page takes away a set bit or a count, each
 * look at another one moves it or ends the search; so O(1) amortised for each load and each bit
 * that was set.  25 bytes a frame.
 * Invariant: active + inactive + laundry = resident frames; act_count is 1..64 on the active queue.
 */
#include "policies.h"

#include "faultline/lazy.h"
#include "frame_list.h"

#include <stdlib.h>

enum { ACT_INIT = 5, ACT_ADVANCE = 3, ACT_DECLINE = 1, ACT_MAX = 64 };

typedef struct FreeBsd {
    const PolicyEnv *env;
    FrameList active, inactive, laundry;
    uint8_t *act_count; /* lazy, of each frame */
    uint64_t inactive_target, cluster;
} FreeBsd;

static void freebsd_destroy(void *self) {
    FreeBsd *bsd = self;
    frame_list_clear(&bsd->active);
    frame_list_clear(&bsd->inactive);
    frame_list_clear(&bsd->laundry);
    lazy_free(bsd->act_count, bsd->env->frame_count, sizeof(uint8_t));
    free(bsd);
}

static void *freebsd_create(const PolicyEnv *env, const uint64_t *params) {
    FreeBsd *bsd = calloc(1, sizeof(FreeBsd));
    if (bsd == NULL) {
        return NULL;
    }
    uint64_t third = env->capacity < 3 ? 1 : env->capacity / 3;
    bsd->env = env;
    bsd->inactive_target = params[0] == 0 ? third : params[0];
    bsd->cluster = params[1];
    bsd->act_count = lazy_alloc(env->frame_count, sizeof(uint8_t));
    bool ok = bsd->act_count != NULL;
    ok &= frame_list_init(&bsd->active, env->frame_count);
    ok &= frame_list_init(&bsd->inactive, env->frame_count);
    ok &= frame_list_init(&bsd->laundry, env->frame_count);
    if (!ok) {
        freebsd_destroy(bsd);
        return NULL;
    }
    return bsd;
}

/* ---- moves ------------------------------------------------------------------------------- */

static void move(FrameList *from, FrameList *to, Pfn frame) {
    frame_list_remove(from, frame);
    frame_list_append(to, frame);
}

static void advance(FreeBsd *bsd, Pfn frame) {
    unsigned count = bsd->act_count[frame] + ACT_ADVANCE;
    bsd->act_count[frame] = (uint8_t)(count < ACT_MAX ? count : ACT_MAX);
}

static void reactivate(FreeBsd *bsd, FrameList *from, Pfn frame) {
    if (bsd->act_count[frame] < ACT_INIT) {
        bsd->act_count[frame] = ACT_INIT;
    }
    advance(bsd, frame);
    move(from, &bsd->active, frame);
}

/* Was it referenced since the last look?  The next look will ask anew. */
static bool test_and_clear(const FreeBsd *bsd, Pfn frame) {
    const PolicyEnv *env = bsd->env;
    bool referenced = env->referenced(env->host, frame);
    if (referenced) {
        env->clear_referenced(env->host, frame);
    }
    return referenced;
}

/* ---- scans ------------------------------------------------------------------------------- */

/* One turn, or until `goal` pages have become inactive.  False: no page there may go. */
static bool active_scan(FreeBsd *bsd, uint64_t goal) {
    const PolicyEnv *env = bsd->env;
    bool looked = false;
    for (uint32_t left = bsd->active.count; left > 0 && goal > 0; left--) {
        Pfn frame = bsd->active.first;
        if (env->evictable(env->host, frame)) {
            looked = true;
            if (test_and_clear(bsd, frame)) {
                advance(bsd, frame);
            } else if ((bsd->act_count[frame] -= ACT_DECLINE) == 0) {
                move(&bsd->active, &bsd->inactive, frame);
                goal--;
                continue;
            }
        }
        frame_list_turn(&bsd->active);
    }
    return looked;
}

/* Write a cluster of the laundry.  The first page written, PFN_NONE: none was. */
static Pfn launder(FreeBsd *bsd) {
    const PolicyEnv *env = bsd->env;
    uint64_t written = 0;
    Pfn first = PFN_NONE;
    for (uint32_t left = bsd->laundry.count; left > 0 && written < bsd->cluster; left--) {
        Pfn frame = bsd->laundry.first;
        if (!env->evictable(env->host, frame)) {
            frame_list_turn(&bsd->laundry);
        } else if (test_and_clear(bsd, frame)) {
            reactivate(bsd, &bsd->laundry, frame);
        } else {
            env->clean(env->host, frame);
            move(&bsd->laundry, &bsd->inactive, frame);
            first = written++ == 0 ? frame : first;
        }
    }
    return first;
}

/* The first inactive page that is clean and not in use; else one fresh from the laundry. */
static Pfn inactive_scan(FreeBsd *bsd) {
    const PolicyEnv *env = bsd->env;
    for (uint32_t left = bsd->inactive.count; left > 0; left--) {
        Pfn frame = bsd->inactive.first;
        if (!env->evictable(env->host, frame)) {
            frame_list_turn(&bsd->inactive);
        } else if (test_and_clear(bsd, frame)) {
            reactivate(bsd, &bsd->inactive, frame);
        } else if (env->dirty(env->host, frame)) {
            move(&bsd->inactive, &bsd->laundry, frame);
        } else {
            return frame;
        }
    }
    return launder(bsd);
}

static uint64_t inactive_shortage(const FreeBsd *bsd) {
    uint64_t there = (uint64_t)bsd->inactive.count + bsd->laundry.count;
    return there < bsd->inactive_target ? bsd->inactive_target - there : 0;
}

/* ---- the contract ------------------------------------------------------------------------ */

static Pfn freebsd_victim(void *self, PageKey incoming) {
    (void)incoming;
    FreeBsd *bsd = self;
    active_scan(bsd, inactive_shortage(bsd));
    Pfn frame = inactive_scan(bsd);
    while (frame == PFN_NONE && active_scan(bsd, 1)) {
        frame = inactive_scan(bsd);
    }
    return frame;
}

static void freebsd_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    FreeBsd *bsd = self;
    bsd->act_count[frame] = ACT_INIT;
    frame_list_append(&bsd->active, frame);
}

static FrameList *queue_of(FreeBsd *bsd, Pfn frame) {
    return frame_list_has(&bsd->active, frame)     ? &bsd->active
           : frame_list_has(&bsd->inactive, frame) ? &bsd->inactive
                                                   : &bsd->laundry;
}

static void freebsd_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_list_remove(queue_of(self, frame), frame);
}

static bool freebsd_holds(const void *self, Pfn frame) {
    const FreeBsd *bsd = self;
    return frame_list_has(&bsd->active, frame) || frame_list_has(&bsd->inactive, frame) ||
           frame_list_has(&bsd->laundry, frame);
}

/* Each page of the queue is on none of the two others. */
static const char *queue_check(const FrameList *queue, const FrameList *one, const FrameList *two) {
    const char *wrong = frame_list_check(queue);
    Pfn frame = queue->first;
    for (uint32_t left = queue->count; left > 0 && wrong == NULL; left--) {
        bool twice = frame_list_has(one, frame) || frame_list_has(two, frame);
        wrong = twice ? "freebsd: a page is on two queues" : NULL;
        frame = frame_list_next(queue, frame);
    }
    return wrong;
}

static const char *freebsd_check(const void *self) {
    const FreeBsd *bsd = self;
    const char *wrong = queue_check(&bsd->active, &bsd->inactive, &bsd->laundry);
    wrong = wrong != NULL ? wrong : queue_check(&bsd->inactive, &bsd->active, &bsd->laundry);
    wrong = wrong != NULL ? wrong : queue_check(&bsd->laundry, &bsd->active, &bsd->inactive);
    Pfn frame = bsd->active.first;
    for (uint32_t left = bsd->active.count; left > 0 && wrong == NULL; left--) {
        bool good = bsd->act_count[frame] >= 1 && bsd->act_count[frame] <= ACT_MAX;
        wrong = good ? NULL : "freebsd: the act_count of an active page is out of range";
        frame = frame_list_next(&bsd->active, frame);
    }
    return wrong;
}

static const Param freebsd_params[] = {
    {.name = "inactive",
     .kind = PARAM_COUNT,
     .initial = 0,
     .min = 0,
     .max = UINT32_MAX,
     .help = "pages that are to be inactive or in the laundry; 0 is a third of all frames"},
    {.name = "cluster",
     .kind = PARAM_COUNT,
     .initial = 32,
     .min = 1,
     .max = UINT32_MAX,
     .help = "pages of the laundry that are written at once"},
    {.name = NULL},
};

const PolicyOps policy_freebsd = {
    .info = {.name = "freebsd",
             .summary =
                 "active pages age by act_count (5 on load, +3, -1, at most 64), inactive ones "
                 "go if clean, dirty ones are laundered in clusters; R=1 on load",
             .source = "FreeBSD, sys/vm/vm_pageout.c, one page class",
             .params = freebsd_params},
    .create = freebsd_create,
    .destroy = freebsd_destroy,
    .loaded = freebsd_loaded,
    .victim = freebsd_victim,
    .unloaded = freebsd_unloaded,
    .holds = freebsd_holds,
    .check = freebsd_check,
};
