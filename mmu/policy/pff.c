/* pff.c - page-fault frequency: memory grows while faults come fast, shrinks when they come slowly.
 *
 *   faults   |   |  | ||  |                |         t - t_prev > T: out with whatever was not used
 *            grow: no page leaves          shrink    since t_prev, then load the new page
 *
 * The definition, on a fault at t, the fault before it at t_prev: if t - t_prev > T only the
 * pages with use bit 1 stay, else all; the new page is added; all use bits are cleared; the
 * faulting reference sets its own.  So a use bit at t is 1 iff the page was used at t_prev or
 * later, and the pages to drop are the front of a queue in the order of last use: no scan of
 * all bits at each fault, which is what the hardware of its time did.  A fault is any page fault
 * that is served, one that maps the shared zero page too.
 *
 * O(1) a reference; 24 bytes a frame.  When frames run out, the oldest use goes.
 * Invariant: use_order_check.
 */
#include "policies.h"

#include "use_order.h"
#include "window.h"

#include <stdlib.h>

typedef struct Pff {
    const PolicyEnv *env;
    UseOrder order;
    uint64_t threshold;
    uint64_t last_fault;
    bool faulted; /* last_fault means something */
} Pff;

static void *pff_create(const PolicyEnv *env, const uint64_t *params) {
    Pff *pff = calloc(1, sizeof(Pff));
    if (pff == NULL || !use_order_init(&pff->order, env->frame_count)) {
        free(pff);
        return NULL;
    }
    pff->env = env;
    pff->threshold = params[0];
    return pff;
}

static void pff_destroy(void *self) {
    use_order_clear(&((Pff *)self)->order);
    free(self);
}

static void pff_faulting(void *self, PageKey page) {
    (void)page;
    Pff *pff = self;
    uint64_t now = window_now(pff->env, pff->threshold);
    if (pff->faulted && now - pff->last_fault > window_length(pff->threshold)) {
        use_order_expire(&pff->order, pff->last_fault);
    }
    pff->last_fault = now;
    pff->faulted = true;
}

static void pff_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    Pff *pff = self;
    use_order_note(&pff->order, frame, window_now(pff->env, pff->threshold));
}

static void pff_touched(void *self, Pfn frame, uint64_t count) {
    (void)count;
    Pff *pff = self;
    use_order_note(&pff->order, frame, window_now(pff->env, pff->threshold));
}

static Pfn pff_surplus(void *self) {
    Pff *pff = self;
    return use_order_surplus(&pff->order, pff->env);
}

static Pfn pff_victim(void *self, PageKey incoming) {
    (void)incoming;
    const Pff *pff = self;
    return use_order_victim(&pff->order, pff->env);
}

static void pff_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    use_order_remove(&((Pff *)self)->order, frame);
}

static bool pff_holds(const void *self, Pfn frame) {
    return use_order_has(&((const Pff *)self)->order, frame);
}

static const char *pff_check(const void *self) {
    return use_order_check(&((const Pff *)self)->order);
}

static const Param pff_params[] = {
    {.name = "threshold",
     .kind = PARAM_WINDOW,
     .initial = 1000,
     .min = 0,
     .max = WINDOW_MAX,
     .help = "T: a fault that comes later than this after the one before shrinks memory"},
    {.name = NULL},
};

const PolicyOps policy_pff = {
    .info = {.name = "pff",
             .summary = "page-fault frequency: a fault more than T after the last one drops the "
                        "pages not used in between; when frames run out, least recently used",
             .source = "Chu and Opderbeck, AFIPS Fall Joint Computer Conference 41, 1972",
             .params = pff_params},
    .create = pff_create,
    .destroy = pff_destroy,
    .loaded = pff_loaded,
    .touched = pff_touched,
    .victim = pff_victim,
    .unloaded = pff_unloaded,
    .faulting = pff_faulting,
    .surplus = pff_surplus,
    .holds = pff_holds,
    .check = pff_check,
};
