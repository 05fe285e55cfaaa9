/* segmented_fifo.c - VMS: a FIFO of mapped pages, and a second chance for those that leave it.
 *
 *   load --> [ primary: P pages, mapped ] --> [ secondary: c-P pages, unmapped ] --> out
 *                     ^                                    |
 *                     '------------ soft fault ------------'
 *
 * Both are queues, and no referenced bit is read: VAX hardware had none.  When the primary is full,
 * the page that came first into it is unmapped and goes to the end of the secondary, frame and
 * all.  Wanted again, it costs a soft fault, no I/O, and goes to the end of the primary.  The
 * victim is the first of the secondary; if that is empty, the first of the primary.
 *
 * P = c is FIFO; P = 1 is LRU, at the price of a soft fault at each change of page.
 * O(1) a fault, and a hit costs nothing; 16 bytes a frame.
 * Invariant: a resident frame is on just one of the lists; |primary| <= P.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct SegmentedFifo {
    const PolicyEnv *env;
    FrameList primary, secondary;
    uint64_t primary_most; /* P */
} SegmentedFifo;

static void segmented_fifo_destroy(void *self) {
    SegmentedFifo *fifo = self;
    frame_list_clear(&fifo->primary);
    frame_list_clear(&fifo->secondary);
    free(fifo);
}

static void *segmented_fifo_create(const PolicyEnv *env, const uint64_t *params) {
    SegmentedFifo *fifo = calloc(1, sizeof(SegmentedFifo));
    if (fifo == NULL) {
        return NULL;
    }
    uint64_t half = env->capacity < 2 ? 1 : env->capacity / 2;
    fifo->env = env;
    fifo->primary_most = params[0] == 0 ? half : params[0];
    bool primary = frame_list_init(&fifo->primary, env->frame_count);
    bool secondary = frame_list_init(&fifo->secondary, env->frame_count);
    if (primary && secondary) {
        return fifo;
    }
    segmented_fifo_destroy(fifo);
    return NULL;
}

/* A page comes to the end of the primary; for it, the first may have to make room. */
static void primary_enter(SegmentedFifo *fifo, Pfn frame) {
    if (fifo->primary.count >= fifo->primary_most) {
        Pfn first = fifo->primary.first;
        frame_list_remove(&fifo->primary, first);
        frame_list_append(&fifo->secondary, first);
        fifo->env->deactivate(fifo->env->host, first);
    }
    frame_list_append(&fifo->primary, frame);
}

static void segmented_fifo_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    primary_enter(self, frame);
}

static void segmented_fifo_reactivated(void *self, Pfn frame) {
    SegmentedFifo *fifo = self;
    frame_list_remove(&fifo->secondary, frame);
    primary_enter(fifo, frame);
}

static Pfn segmented_fifo_victim(void *self, PageKey incoming) {
    (void)incoming;
    const SegmentedFifo *fifo = self;
    Pfn frame = frame_list_first_evictable(&fifo->secondary, fifo->env);
    return frame != PFN_NONE ? frame : frame_list_first_evictable(&fifo->primary, fifo->env);
}

static void segmented_fifo_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    SegmentedFifo *fifo = self;
    bool mapped = frame_list_has(&fifo->primary, frame);
    frame_list_remove(mapped ? &fifo->primary : &fifo->secondary, frame);
}

static bool segmented_fifo_holds(const void *self, Pfn frame) {
    const SegmentedFifo *fifo = self;
    return frame_list_has(&fifo->primary, frame) || frame_list_has(&fifo->secondary, frame);
}

static const char *segmented_fifo_check(const void *self) {
    const SegmentedFifo *fifo = self;
    const char *wrong = frame_list_check(&fifo->primary);
    wrong = wrong != NULL ? wrong : frame_list_check(&fifo->secondary);
    Pfn frame = fifo->secondary.first;
    for (uint32_t left = fifo->secondary.count; wrong == NULL && left > 0; left--) {
        wrong = frame_list_has(&fifo->primary, frame) ? "segmented fifo: a frame is on both lists"
                                                      : NULL;
        frame = frame_list_next(&fifo->secondary, frame);
    }
    if (wrong == NULL && fifo->primary.count > fifo->primary_most) {
        wrong = "segmented fifo: more mapped pages than the primary segment has room for";
    }
    return wrong;
}

static const Param segmented_fifo_params[] = {
    {.name = "primary",
     .kind = PARAM_COUNT,
     .initial = 0,
     .min = 0,
     .max = UINT32_MAX,
     .help = "P: pages that are mapped; 0 is half of all frames"},
    {.name = NULL},
};

const PolicyOps policy_segmented_fifo = {
    .info = {.name = "segmented-fifo",
             .summary = "VMS: a FIFO of mapped pages, then a FIFO of unmapped ones that come back "
                        "by a soft fault",
             .source =
                 "Turner and Levy, SIGMETRICS 1981; Levy and Lipman, IEEE Computer 15(3), 1982",
             .params = segmented_fifo_params},
    .create = segmented_fifo_create,
    .destroy = segmented_fifo_destroy,
    .loaded = segmented_fifo_loaded,
    .victim = segmented_fifo_victim,
    .unloaded = segmented_fifo_unloaded,
    .reactivated = segmented_fifo_reactivated,
    .holds = segmented_fifo_holds,
    .check = segmented_fifo_check,
};
