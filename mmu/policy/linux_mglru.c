/* linux_mglru.c - the multi-generational LRU of Linux as the kernel runs it.
 *
 *    aging:     walk the page tables, pages found used join the youngest generation (generations.h,
 *               table_walk.h); then open a new one, which those that are faulted in from now on join
 *    eviction:  take 64 pages of the oldest generation; those found used are kept, as the youngest, and
 *               used neighbours in their page table with them; the others go
 *
 * One reclaim is a run of passes, at priority 12, 11 ... 0, until it has freed WANTED pages.  A pass
 * looks at (all pages >> priority) of them, in whole batches, or ages instead if there are no cold
 * pages left, the youngest generation of three has more than half of all pages, or the oldest less
 * than a quarter.
 *
 * Aging does not look at a process to which the processor was not switched since the last time: it is
 * where used pages turn up late, so the `slice` is a parameter.
 *
 * All anonymous pages are of one tier (the tiers, and the controller that protects one, are for
 * reads of files); there are no files here, so which kind to take is no question either.
 * Invariant: the generations hold the resident frames; the walker knows the same pages.
 * Source: Linux 6.12, mm/vmscan.c (Yu Zhao, 2022): try_to_shrink_lruvec, should_run_aging,
 * try_to_inc_max_seq, evict_folios, scan_folios.
 */
#include "policies.h"

#include "generations.h"
#include "table_walk.h"

#include <stdlib.h>

#define BATCH     64u   /* MIN_LRU_BATCH */
#define SCAN_MOST 4096u /* MAX_LRU_BATCH */
#define WANTED    32u   /* SWAP_CLUSTER_MAX */
#define PRIORITY  12u   /* DEF_PRIORITY */
#define RUNS_MAX  16u   /* MAX_RECLAIM_RETRIES */

/* A reclaim under way, between two victims. */
typedef struct Run {
    bool going;
    unsigned priority;
    uint32_t to_scan, scanned; /* in this pass */
    uint32_t freed;
} Run;

typedef struct LinuxMglru {
    const PolicyEnv *env;
    Generations generations;
    TableWalk walk;
    Tick slice, walked_at;
    Run run;
} LinuxMglru;

static void mglru_destroy(void *self) {
    LinuxMglru *mglru = self;
    generations_clear(&mglru->generations);
    table_walk_clear(&mglru->walk);
    free(mglru);
}

static void *mglru_create(const PolicyEnv *env, const uint64_t *params) {
    LinuxMglru *mglru = calloc(1, sizeof(LinuxMglru));
    if (mglru == NULL) {
        return NULL;
    }
    mglru->env = env;
    mglru->slice = params[0];
    bool ok = generations_init(&mglru->generations, env->frame_count);
    ok &= table_walk_init(&mglru->walk, env);
    if (!ok) {
        mglru_destroy(mglru);
        return NULL;
    }
    return mglru;
}

/* ---- aging ---------------------------------------------------------------------------------- */

static void found_used(void *self, Pfn frame) {
    generation_promote(&((LinuxMglru *)self)->generations, frame);
}

static void age(LinuxMglru *mglru) {
    Tick now = mglru->env->now(mglru->env->host);
    if (!mglru->walk.begun || now - mglru->walked_at > mglru->slice) {
        table_walk_all(&mglru->walk, found_used, mglru);
        mglru->walked_at = now;
    }
    generations_advance(&mglru->generations);
}

/* should_run_aging(): generations should be of the same size, about. */
static bool aging_is_due(const Generations *g, uint64_t total) {
    uint32_t alive = generations_alive(g);
    uint64_t young = generation_count(g, g->max_seq);
    uint64_t old = generation_count(g, g->max_seq - GENERATIONS_MIN);
    return alive == GENERATIONS_MIN ||
           (alive == GENERATIONS_MIN + 1 &&
            (young * GENERATIONS_MIN > total || old * (GENERATIONS_MIN + 2) < total));
}

/* get_nr_to_scan(): in this pass; 0 if it aged instead. */
static uint32_t pages_to_scan(LinuxMglru *mglru) {
    const Generations *g = &mglru->generations;
    uint32_t total = 0;
    for (unsigned i = 0; i < GENERATIONS_MAX; i++) {
        total += g->count[i];
    }
    if (mglru->run.priority < PRIORITY && aging_is_due(g, total)) {
        age(mglru);
        return 0;
    }
    return generations_alive(g) == GENERATIONS_MIN ? 0 : total >> mglru->run.priority;
}

/* ---- eviction ------------------------------------------------------------------------------- */

/* scan_folios(): a batch of the oldest generation is put aside.  How many pages were looked at; 0 if
 * that was in vain. */
static uint32_t isolate_batch(LinuxMglru *mglru) {
    Generations *g = &mglru->generations;
    const PolicyEnv *env = mglru->env;
    uint32_t scanned = 0, isolated = 0;
    if (generations_alive(g) == GENERATIONS_MIN) {
        return 0;
    }
    for (Pfn frame; isolated < BATCH && scanned < SCAN_MOST &&
                    (frame = generation_oldest(g)->first) != PFN_NONE;
         scanned++) {
        if (generation_sort(g, frame)) {
            continue;
        }
        if (env->evictable(env->host, frame)) {
            generation_put_aside(g, frame, ASIDE_ISOLATED);
            isolated++;
        } else {
            generation_postpone(g, frame);
        }
    }
    return isolated > 0 || scanned == SCAN_MOST ? scanned : 0;
}

/* evict_folios(), its first half.  False: nothing more is to be had in this pass. */
static bool batch_begin(LinuxMglru *mglru) {
    Run *run = &mglru->run;
    uint32_t looked = isolate_batch(mglru);
    looked += generations_retire(&mglru->generations);
    bool last = looked == 0 || generations_alive(&mglru->generations) == GENERATIONS_MIN;
    run->scanned += looked;
    run->to_scan = last ? 0 : run->to_scan;
    return mglru->generations.lists[ASIDE_ISOLATED].count > 0;
}

/* folio_check_references() of a page in the batch.  True: it goes.  Those before it may have filled
 * the swap area meanwhile. */
static bool judge(LinuxMglru *mglru, Pfn frame) {
    const PolicyEnv *env = mglru->env;
    bool wanted = mglru->generations.ages[frame].wanted || !env->evictable(env->host, frame);
    if (!wanted && !env->referenced(env->host, frame)) {
        return true;
    }
    generation_put_aside(&mglru->generations, frame, ASIDE_KEPT);
    if (!wanted) {
        env->clear_referenced(env->host, frame);
        table_walk_around(&mglru->walk, frame, found_used, mglru);
    }
    return false;
}

static void pass_begin(Run *run) { run->to_scan = run->scanned = 0; }

/* try_to_shrink_lruvec(): the batch is over; is there to be another, in this pass or in the next? */
static void pass_go_on(LinuxMglru *mglru) {
    Run *run = &mglru->run;
    if (run->scanned == 0 || run->scanned < run->to_scan) {
        run->to_scan = pages_to_scan(mglru);
        if (run->to_scan > 0 && (batch_begin(mglru) || run->scanned < run->to_scan)) {
            return;
        }
    }
    if (run->freed >= WANTED || run->priority == 0) {
        run->going = false;
    } else {
        run->priority--;
        pass_begin(run);
    }
}

/* The next page that the run frees; PFN_NONE: it is over. */
static Pfn run_next(LinuxMglru *mglru) {
    Generations *g = &mglru->generations;
    while (mglru->run.going) {
        Pfn frame = g->lists[ASIDE_ISOLATED].first;
        if (frame == PFN_NONE) {
            generation_put_back(g, ASIDE_KEPT);
            pass_go_on(mglru);
        } else if (judge(mglru, frame)) {
            mglru->run.freed++;
            return frame;
        }
    }
    return PFN_NONE;
}

static Pfn victim_if_pinned(const LinuxMglru *mglru) {
    const Generations *g = &mglru->generations;
    Pfn frame = PFN_NONE;
    for (uint32_t i = g->min_seq; i <= g->max_seq && frame == PFN_NONE; i++) {
        frame = frame_list_first_evictable(&g->lists[i % GENERATIONS_MAX], mglru->env);
    }
    return frame;
}

static Pfn mglru_victim(void *self, PageKey incoming) {
    (void)incoming;
    LinuxMglru *mglru = self;
    generation_put_back(&mglru->generations, ASIDE_ISOLATED); /* of a run that was broken off */
    generation_put_back(&mglru->generations, ASIDE_KEPT);
    for (unsigned runs = 0; runs < RUNS_MAX; runs++) {
        mglru->run = (Run){.going = true, .priority = PRIORITY};
        Pfn frame = run_next(mglru);
        if (frame != PFN_NONE) {
            return frame;
        }
    }
    return victim_if_pinned(mglru);
}

static Pfn mglru_more(void *self) { return run_next(self); }

/* ---- pages come and go ---------------------------------------------------------------------- */

static void mglru_loaded(void *self, Pfn frame, PageKey page) {
    LinuxMglru *mglru = self;
    generations_add(&mglru->generations, frame);
    table_walk_add(&mglru->walk, frame, page);
}

static void mglru_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    LinuxMglru *mglru = self;
    generations_remove(&mglru->generations, frame);
    table_walk_remove(&mglru->walk, frame);
}

static void mglru_renamed(void *self, Pfn frame, PageKey page) {
    table_walk_rename(&((LinuxMglru *)self)->walk, frame, page);
}

static bool mglru_holds(const void *self, Pfn frame) {
    return page_book_holds(&((const LinuxMglru *)self)->walk.pages, frame);
}

static const char *mglru_check(const void *self) {
    const LinuxMglru *mglru = self;
    const char *wrong = generations_check(&mglru->generations);
    wrong = wrong != NULL ? wrong : table_walk_check(&mglru->walk);
    uint32_t frames = 0;
    for (unsigned i = 0; i < FRAME_LISTS; i++) {
        frames += mglru->generations.lists[i].count;
    }
    return wrong != NULL || frames == mglru->walk.pages.live
               ? wrong
               : "linux-mglru: generations and walker know different pages";
}

static const Param mglru_params[] = {
    {.name = "slice",
     .kind = PARAM_TIME,
     .initial = 1000000,
     .min = 0,
     .max = UINT64_C(1) << 60,
     .help = "aging looks at no page table again so soon: no process was switched to meanwhile"},
    {.name = NULL},
};

const PolicyOps policy_linux_mglru = {
    .info = {.name = "linux-mglru",
             .summary = "mglru as the kernel runs it: up to four generations, batches of 64, walks "
                        "of page tables worth it, neighbours of used pages; R=1 on load",
             .source = "Linux 6.12, mm/vmscan.c (Yu Zhao, 2022), anonymous pages of one group",
             .params = mglru_params},
    .create = mglru_create,
    .destroy = mglru_destroy,
    .loaded = mglru_loaded,
    .victim = mglru_victim,
    .more = mglru_more,
    .unloaded = mglru_unloaded,
    .renamed = mglru_renamed,
    .holds = mglru_holds,
    .check = mglru_check,
};
