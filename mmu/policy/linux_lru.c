/* linux_lru.c - Linux's two lists as the kernel runs them: one reclaim frees a batch of pages.
 *
 *               .-- used, seen the first time: again, marked R
 *               v  |
 *    fault -> [ inactive ] -- used, and marked R --> [ active ]
 *               |     ^                                  |
 *     evicted <-'     '-- inactive is low, or refaults --'    without a look at references
 *        |
 *        '- shadow (nonresident.h); back within |active| -> [ active ]
 *
 * One reclaim is a run of passes, at priority 12, 11 ... 0, until it has freed BATCH pages:
 *
 *   a pass takes a share of each list (scan_share.h) from its old end, in turns of at most BATCH:
 *   inactive ones are judged, then as many active ones are deactivated, if they may be.
 *
 * So a page needs two looks to become active, and the first finds it used: it came by a fault.
 * Active pages may be deactivated while fewer are inactive than active (times a ratio that grows
 * with memory), or if a page came back early since the last reclaim: as far as the group's
 * statistics know, which may be old.
 *
 * Invariant: active + inactive = resident frames (first: the next to be looked at).
 * Source: Linux, mm/vmscan.c (do_try_to_free_pages, prepare_scan_control, get_scan_count,
 * shrink_lruvec, shrink_active_list, folio_check_references), mm/swap.c (lru_note_cost) and
 * mm/workingset.c; one node, one group, anonymous pages only.
 */
#include "policies.h"

#include "faultline/lazy.h"
#include "frame_list.h"
#include "nonresident.h"
#include "scan_share.h"

#include <stdlib.h>

#define BATCH         32u /* SWAP_CLUSTER_MAX */
#define PRIORITY      12u /* DEF_PRIORITY */
#define RUNS_MAX      16u /* MAX_RECLAIM_RETRIES */
#define GIB_PAGES_LOG 18u /* a GiB has 2^18 pages of 4 KiB */

enum { MARK_REFERENCED = 1, MARK_WORKINGSET = 2 }; /* Linux's page flags of these names */

/* A reclaim under way, between two victims. */
typedef struct Run {
    bool going;
    unsigned priority;
    uint64_t inactive_left, active_left; /* to be looked at in this pass */
    uint32_t turn_left;                  /* ... and of the inactive ones, in this turn */
    bool turning;                        /* a turn is not over */
    uint32_t activated;                  /* in this turn */
    uint32_t pass_freed, freed;
    bool deactivates;       /* active pages may be deactivated in this pass ... */
    bool held_back, forced; /* ... they might not; they may in any case */
} Run;

/* What a group's statistics say: how things stood when they were last brought up to date. */
typedef struct Statistics {
    uint64_t inactive, active; /* pages */
    uint64_t refaults;         /* early returns so far */
    Tick at;
} Statistics;

typedef struct LinuxLru {
    const PolicyEnv *env;
    ScanShare share;
    FrameList active, inactive;
    uint8_t *marks; /* lazy, of each frame */
    Nonresident away;
    uint64_t refaults, refaults_seen; /* early returns: so far; known when the last reclaim ended */
    Statistics known;
    Tick flush_interval;
    Run run;
} LinuxLru;

static void lru_destroy(void *self) {
    LinuxLru *lru = self;
    frame_list_clear(&lru->active);
    frame_list_clear(&lru->inactive);
    nonresident_clear(&lru->away);
    lazy_free(lru->marks, lru->env->frame_count, sizeof(uint8_t));
    free(lru);
}

static void *lru_create(const PolicyEnv *env, const uint64_t *params) {
    LinuxLru *lru = calloc(1, sizeof(LinuxLru));
    if (lru == NULL) {
        return NULL;
    }
    lru->env = env;
    lru->share.swappiness = params[0];
    lru->flush_interval = params[1];
    lru->marks = lazy_alloc(env->frame_count, sizeof(uint8_t));
    bool ok = lru->marks != NULL;
    ok &= nonresident_init(&lru->away, env->frame_count, env->capacity);
    ok &= frame_list_init(&lru->active, env->frame_count);
    ok &= frame_list_init(&lru->inactive, env->frame_count);
    if (!ok) {
        lru_destroy(lru);
        return NULL;
    }
    return lru;
}

static void count(const LinuxLru *lru, PolicyCount what) { lru->env->count(lru->env->host, what); }

/* ---- how much is scanned -------------------------------------------------------------------- */

static uint64_t root_of(uint64_t n) {
    uint64_t root = 0;
    while ((root + 1) * (root + 1) <= n) {
        root++;
    }
    return root;
}

/* mem_cgroup_flush_stats(), if it is due. */
static const Statistics *statistics(LinuxLru *lru) {
    Tick now = lru->env->now(lru->env->host);
    if (now - lru->known.at >= lru->flush_interval) {
        lru->known = (Statistics){lru->inactive.count, lru->active.count, lru->refaults, now};
    }
    return &lru->known;
}

/* inactive_is_low(): 1:1 below a GiB, 1:3 from there, 1:10 from 10 GiB ... */
static bool inactive_is_low(LinuxLru *lru) {
    const Statistics *known = statistics(lru);
    uint64_t gib = (known->inactive + known->active) >> GIB_PAGES_LOG;
    uint64_t ratio = gib > 0 ? root_of(10 * gib) : 1;
    return known->inactive * ratio < known->active;
}

static void note_cost(LinuxLru *lru) {
    scan_share_note(&lru->share, (uint64_t)lru->inactive.count + lru->active.count);
}

/* ---- the lists ------------------------------------------------------------------------------ */

/* shrink_active_list(): the oldest `pages`, used or not. */
static void deactivate(LinuxLru *lru, uint64_t pages) {
    const PolicyEnv *env = lru->env;
    for (; pages > 0 && lru->active.count > 0; pages--) {
        Pfn frame = lru->active.first;
        env->clear_referenced(env->host, frame);
        lru->marks[frame] |= MARK_WORKINGSET;
        count(lru, POLICY_COUNT_PGREFILL);
        count(lru, POLICY_COUNT_PGDEACTIVATE);
        frame_list_remove(&lru->active, frame);
        frame_list_append(&lru->inactive, frame);
    }
}

static bool referenced_and_cleared(LinuxLru *lru, Pfn frame) {
    const PolicyEnv *env = lru->env;
    bool referenced = env->referenced(env->host, frame);
    if (referenced) {
        env->clear_referenced(env->host, frame);
    }
    return referenced;
}

/* folio_check_references() of the oldest inactive page.  True: it goes. */
static bool judge(LinuxLru *lru, Pfn frame) {
    if (!lru->env->evictable(lru->env->host, frame)) {
        frame_list_turn(&lru->inactive);
        return false;
    }
    bool marked = (lru->marks[frame] & MARK_REFERENCED) != 0;
    lru->marks[frame] &= (uint8_t)~MARK_REFERENCED;
    if (!referenced_and_cleared(lru, frame)) {
        return true;
    }
    lru->marks[frame] |= MARK_REFERENCED;
    if (marked) {
        frame_list_remove(&lru->inactive, frame);
        frame_list_append(&lru->active, frame);
        lru->run.activated++;
        count(lru, POLICY_COUNT_PGACTIVATE);
    } else {
        frame_list_turn(&lru->inactive);
    }
    return false;
}

/* ---- a reclaim ------------------------------------------------------------------------------ */

static void pass_begin(LinuxLru *lru) {
    Run *run = &lru->run;
    run->inactive_left = scan_share_of(&lru->share, lru->inactive.count, run->priority);
    run->active_left = scan_share_of(&lru->share, lru->active.count, run->priority);
    run->deactivates =
        run->forced || statistics(lru)->refaults != lru->refaults_seen || inactive_is_low(lru);
    run->pass_freed = 0;
}

static void run_begin(LinuxLru *lru, bool forced) {
    lru->run = (Run){.going = true, .priority = PRIORITY, .forced = forced};
    pass_begin(lru);
}

static void turn_begin(LinuxLru *lru) {
    Run *run = &lru->run;
    run->turning = true;
    run->turn_left = run->inactive_left < BATCH ? (uint32_t)run->inactive_left : BATCH;
    run->inactive_left -= run->turn_left;
}

/* The inactive ones of this turn are judged; as many active ones follow. */
static void turn_end(LinuxLru *lru) {
    Run *run = &lru->run;
    run->turning = false;
    nonresident_age(&lru->away, run->activated);
    run->activated = 0;
    uint64_t active = run->active_left < BATCH ? run->active_left : BATCH;
    run->active_left -= active;
    if (run->deactivates) {
        deactivate(lru, active);
    }
    run->held_back = run->held_back || (active > 0 && !run->deactivates);
}

/* The run ends, unless there was nothing to free but what is active. */
static void run_end(LinuxLru *lru) {
    lru->refaults_seen = lru->known.refaults;
    bool again = lru->run.freed == 0 && lru->run.held_back && !lru->run.forced;
    lru->run.going = false;
    if (again) {
        run_begin(lru, true);
    }
}

static void pass_end(LinuxLru *lru) {
    Run *run = &lru->run;
    run->freed += run->pass_freed;
    if (inactive_is_low(lru)) {
        deactivate(lru, BATCH);
    }
    if (run->freed >= BATCH || run->priority == 0) {
        run_end(lru);
        return;
    }
    run->priority--;
    pass_begin(lru);
}

/* The next page that the run frees; PFN_NONE: it is over. */
static Pfn run_next(LinuxLru *lru) {
    Run *run = &lru->run;
    while (run->going) {
        if (run->turning && run->turn_left > 0 && lru->inactive.count > 0) {
            run->turn_left--;
            Pfn frame = lru->inactive.first;
            if (judge(lru, frame)) {
                run->pass_freed++;
                return frame;
            }
        } else if (run->turning) {
            turn_end(lru);
        } else if (run->inactive_left > 0 && run->pass_freed < BATCH) {
            turn_begin(lru);
        } else {
            pass_end(lru);
        }
    }
    return PFN_NONE;
}

static Pfn victim_if_pinned(const LinuxLru *lru) {
    Pfn frame = frame_list_first_evictable(&lru->inactive, lru->env);
    return frame != PFN_NONE ? frame : frame_list_first_evictable(&lru->active, lru->env);
}

static Pfn lru_victim(void *self, PageKey incoming) {
    (void)incoming;
    LinuxLru *lru = self;
    for (unsigned runs = 0; runs < RUNS_MAX; runs++) {
        run_begin(lru, false);
        Pfn frame = run_next(lru);
        if (frame != PFN_NONE) {
            return frame;
        }
    }
    return victim_if_pinned(lru);
}

static Pfn lru_more(void *self) { return run_next(self); }

/* ---- pages come and go ---------------------------------------------------------------------- */

/* workingset_refault(): is the page back so soon that it belongs among the active ones? */
static void refault(LinuxLru *lru, Pfn frame, PageKey page) {
    uint32_t distance;
    bool workingset;
    if (!nonresident_return(&lru->away, page, &distance, &workingset)) {
        return;
    }
    count(lru, POLICY_COUNT_WORKINGSET_REFAULT);
    if (distance > statistics(lru)->active || !frame_list_has(&lru->inactive, frame)) {
        return;
    }
    count(lru, POLICY_COUNT_WORKINGSET_ACTIVATE);
    frame_list_remove(&lru->inactive, frame);
    frame_list_append(&lru->active, frame);
    nonresident_age(&lru->away, 1);
    lru->refaults++;
    if (workingset) {
        lru->marks[frame] |= MARK_WORKINGSET;
        count(lru, POLICY_COUNT_WORKINGSET_RESTORE);
        note_cost(lru);
    }
}

static void lru_loaded(void *self, Pfn frame, PageKey page) {
    LinuxLru *lru = self;
    lru->marks[frame] = 0;
    frame_list_append(&lru->inactive, frame);
    refault(lru, frame, page);
}

static void lru_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    LinuxLru *lru = self;
    bool active = frame_list_has(&lru->active, frame);
    frame_list_remove(active ? &lru->active : &lru->inactive, frame);
    if (reason == UNLOAD_EVICTED) {
        nonresident_leave(&lru->away, page, (lru->marks[frame] & MARK_WORKINGSET) != 0);
        note_cost(lru);
    }
}

static void lru_forgotten(void *self, PageKey first, uint64_t count) {
    nonresident_forget(&((LinuxLru *)self)->away, first, count);
}

/* A page that was read ahead bears its slot's number until somebody maps it: now it is back. */
static void lru_renamed(void *self, Pfn frame, PageKey page) { refault(self, frame, page); }

static bool lru_holds(const void *self, Pfn frame) {
    const LinuxLru *lru = self;
    return frame_list_has(&lru->active, frame) || frame_list_has(&lru->inactive, frame);
}

static const char *lru_check(const void *self) {
    const LinuxLru *lru = self;
    const char *wrong = frame_list_check(&lru->active);
    wrong = wrong != NULL ? wrong : frame_list_check(&lru->inactive);
    wrong = wrong != NULL ? wrong : nonresident_check(&lru->away);
    for (Pfn frame = lru->active.first, n = lru->active.count; n > 0 && wrong == NULL; n--) {
        if (frame_list_has(&lru->inactive, frame)) {
            wrong = "linux-lru: a page is on both lists";
        }
        frame = frame_list_next(&lru->active, frame);
    }
    return wrong;
}

static const Param lru_params[] = {
    {.name = "swappiness",
     .kind = PARAM_COUNT,
     .initial = 60,
     .min = 1,
     .max = SWAPPINESS_MAX,
     .help = "what swapping costs against reading files again (vm.swappiness)"},
    {.name = "statistics",
     .kind = PARAM_TIME,
     .initial = 0,
     .min = 0,
     .max = UINT64_C(1) << 60,
     .help = "how old the sizes of its lists may be that the kernel goes by; Linux 6.12: up to 2s"},
    {.name = NULL},
};

const PolicyOps policy_linux_lru = {
    .info = {.name = "linux-lru",
             .summary = "linux-two-list as the kernel runs it: pages leave in batches, a page is "
                        "activated by its second look that finds it used; R=1 on load",
             .source = "Linux, mm/vmscan.c and mm/workingset.c, anonymous pages of one group",
             .params = lru_params},
    .create = lru_create,
    .destroy = lru_destroy,
    .loaded = lru_loaded,
    .victim = lru_victim,
    .more = lru_more,
    .unloaded = lru_unloaded,
    .renamed = lru_renamed,
    .forgotten = lru_forgotten,
    .holds = lru_holds,
    .check = lru_check,
};
