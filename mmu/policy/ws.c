/* ws.c - Denning's working set: memory holds what was used in the last tau references.
 *
 *         t - tau                 t
 *   ---a--b--|--c--b--d--c--c--d--|        W(t, tau) = {b, c, d}: a left when the window passed it
 *
 * After reference t the pages of references t-tau+1 .. t are resident, no more and no fewer: a
 * reference faults iff the one before to its page is more than tau references back.  Memory is
 * as large as the program's locality; how many frames there are matters only when they run out,
 * and then the oldest use goes.  With several processes the window is one for all.
 *
 * Exact: it follows every reference, O(1) each.  24 bytes a frame.
 * Invariant: use_order_check.
 */
#include "policies.h"

#include "use_order.h"
#include "window.h"

#include <stdlib.h>

typedef struct WorkingSet {
    const PolicyEnv *env;
    UseOrder order;
    uint64_t window;
} WorkingSet;

static void *ws_create(const PolicyEnv *env, const uint64_t *params) {
    WorkingSet *ws = calloc(1, sizeof(WorkingSet));
    if (ws == NULL || !use_order_init(&ws->order, env->frame_count)) {
        free(ws);
        return NULL;
    }
    ws->env = env;
    ws->window = params[0];
    return ws;
}

static void ws_destroy(void *self) {
    use_order_clear(&((WorkingSet *)self)->order);
    free(self);
}

static void ws_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    WorkingSet *ws = self;
    use_order_note(&ws->order, frame, window_now(ws->env, ws->window));
}

static void ws_touched(void *self, Pfn frame, uint64_t count) {
    (void)count;
    WorkingSet *ws = self;
    use_order_note(&ws->order, frame, window_now(ws->env, ws->window));
}

/* Before reference t: out with all whose last use is before t - tau.  A page used just tau
 * references ago stays, for it may be the one that is wanted now. */
static Pfn ws_surplus(void *self) {
    WorkingSet *ws = self;
    uint64_t now = window_now(ws->env, ws->window), tau = window_length(ws->window);
    use_order_expire(&ws->order, now > tau ? now - tau : 0);
    return use_order_surplus(&ws->order, ws->env);
}

static Pfn ws_victim(void *self, PageKey incoming) {
    (void)incoming;
    const WorkingSet *ws = self;
    return use_order_victim(&ws->order, ws->env);
}

static void ws_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    use_order_remove(&((WorkingSet *)self)->order, frame);
}

static bool ws_holds(const void *self, Pfn frame) {
    return use_order_has(&((const WorkingSet *)self)->order, frame);
}

static const char *ws_check(const void *self) {
    return use_order_check(&((const WorkingSet *)self)->order);
}

static const Param ws_params[] = {
    {.name = "window",
     .kind = PARAM_WINDOW,
     .initial = 10000,
     .min = 1,
     .max = WINDOW_MAX,
     .help = "tau: a page not used for longer than this leaves"},
    {.name = NULL},
};

const PolicyOps policy_ws = {
    .info = {.name = "ws",
             .summary = "working set: just the pages of the last tau references stay; follows "
                        "every reference; when frames run out, least recently used",
             .source = "Denning, CACM 11(5), 1968",
             .params = ws_params},
    .create = ws_create,
    .destroy = ws_destroy,
    .loaded = ws_loaded,
    .touched = ws_touched,
    .victim = ws_victim,
    .unloaded = ws_unloaded,
    .surplus = ws_surplus,
    .holds = ws_holds,
    .check = ws_check,
};
