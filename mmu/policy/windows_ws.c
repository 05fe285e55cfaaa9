/* windows_ws.c - Windows: every process has a working set between a minimum and a maximum.
 *
 *        hand
 *          v
 *   ... [R=1] [R=0] [R=1] ...     R=1: clear it and pass.  R=0: this page is given up.
 *
 * One instance a process (POLICY_PER_PROCESS).  It holds the process's pages in a circle, in the
 * order of loading; a new page comes in just behind the hand.
 *   - A process at its maximum replaces within its own working set: victim() follows the hand for
 *     one turn at most; if everybody was referenced, the page that the hand came back to goes.
 *   - When memory is short the kernel trims the processes one after another, never below their
 *     minimum (mmu/kernel/trim.h): trim() follows the same hand, but a pass is one turn, and who
 *     was referenced in the meantime is not given up.  So a first pass finds who is idle, and a
 *     second one takes them.
 * Given up means trimmed: the page stays in memory, on the modified or the standby list, and comes
 * back by a soft fault, at the end of the circle and with R=1.
 *
 * The maximum is soft: while memory is plentiful the working set grows past it.  `hard` makes it
 * binding.  A minimum above the maximum counts as the maximum.
 *
 * The plain form: one bit where Windows keeps an age of 3 bits; no priorities of pages.
 * With one process, without limits, this is clock: same hand, same bits.
 * Cost: nothing a reference; O(1) for each bit that was set since the hand's last visit; 8 bytes a
 * frame and process, lazily.
 * Invariant: the circle holds the process's resident frames; its first is under the hand.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct WorkingSet {
    const PolicyEnv *env;
    FrameList circle;
    WorkingSetBounds bounds;
} WorkingSet;

enum { PARAM_MINIMUM, PARAM_MAXIMUM, PARAM_HARD };
enum { MINIMUM_USUAL = 50, MAXIMUM_USUAL = 345 }; /* pages, as Windows has them */

static void *windows_ws_create(const PolicyEnv *env, const uint64_t *params) {
    WorkingSet *set = calloc(1, sizeof(WorkingSet));
    if (set == NULL || !frame_list_init(&set->circle, env->frame_count)) {
        free(set);
        return NULL;
    }
    uint64_t minimum = params[PARAM_MINIMUM], maximum = params[PARAM_MAXIMUM];
    if (minimum == 0) {
        minimum = env->capacity / 8 < MINIMUM_USUAL ? env->capacity / 8 : MINIMUM_USUAL;
    }
    set->env = env;
    set->bounds = (WorkingSetBounds){.minimum = minimum < maximum ? minimum : maximum,
                                     .maximum = maximum,
                                     .hard = params[PARAM_HARD] != 0};
    return set;
}

static void windows_ws_destroy(void *self) {
    frame_list_clear(&((WorkingSet *)self)->circle);
    free(self);
}

static WorkingSetBounds windows_ws_bounds(const void *self) {
    return ((const WorkingSet *)self)->bounds;
}

static void windows_ws_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    frame_list_append(&((WorkingSet *)self)->circle, frame);
}

static Pfn windows_ws_trim(void *self, uint64_t *left) {
    FrameList *circle = &((WorkingSet *)self)->circle;
    const PolicyEnv *env = ((WorkingSet *)self)->env;
    for (; *left > 0 && circle->count > 0; --*left) {
        Pfn frame = circle->first;
        bool stays = !env->evictable(env->host, frame);
        if (!stays && env->referenced(env->host, frame)) {
            env->clear_referenced(env->host, frame);
            stays = true;
        }
        if (!stays) {
            --*left;
            return frame;
        }
        frame_list_turn(circle);
    }
    return PFN_NONE;
}

static Pfn windows_ws_victim(void *self, PageKey incoming) {
    (void)incoming;
    const WorkingSet *set = self;
    uint64_t one_turn = set->circle.count;
    Pfn frame = windows_ws_trim(self, &one_turn);
    return frame != PFN_NONE ? frame : frame_list_first_evictable(&set->circle, set->env);
}

static void windows_ws_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_list_remove(&((WorkingSet *)self)->circle, frame);
}

static bool windows_ws_holds(const void *self, Pfn frame) {
    return frame_list_has(&((const WorkingSet *)self)->circle, frame);
}

static const char *windows_ws_check(const void *self) {
    const WorkingSet *set = self;
    return set->bounds.minimum > set->bounds.maximum ? "windows-ws: minimum above maximum"
                                                     : frame_list_check(&set->circle);
}

static const Param windows_ws_params[] = {
    [PARAM_MINIMUM] =
        {.name = "minimum",
         .kind = PARAM_COUNT,
         .initial = 0,
         .min = 0,
         .max = UINT32_MAX,
         .help = "pages that a process is left with when others need memory; 0 is 50, or an "
                 "eighth of all frames if that is less"},
    [PARAM_MAXIMUM] = {.name = "maximum",
                       .kind = PARAM_COUNT,
                       .initial = MAXIMUM_USUAL,
                       .min = 1,
                       .max = UINT32_MAX,
                       .help = "pages at which a process replaces its own if memory is short"},
    [PARAM_HARD] = {.name = "hard",
                    .kind = PARAM_BOOL,
                    .initial = 0,
                    .help = "the maximum holds though memory is plentiful"},
    {.name = NULL},
};

const PolicyOps policy_windows_ws = {
    .info = {.name = "windows-ws",
             .summary =
                 "a working set for each process, trimmed between minimum and maximum to the "
                 "modified and standby lists: R=1 clear and pass, R=0 goes; R=1 on load",
             .source = "Solomon and Russinovich, Windows Internals; Silberschatz, Galvin and Gagne",
             .params = windows_ws_params},
    .needs = POLICY_PER_PROCESS,
    .create = windows_ws_create,
    .destroy = windows_ws_destroy,
    .loaded = windows_ws_loaded,
    .victim = windows_ws_victim,
    .unloaded = windows_ws_unloaded,
    .bounds = windows_ws_bounds,
    .trim = windows_ws_trim,
    .holds = windows_ws_holds,
    .check = windows_ws_check,
};
