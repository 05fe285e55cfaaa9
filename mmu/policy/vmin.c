/* vmin.c - VMIN: after each reference a page stays iff it is used again within tau references.
 *
 *   t:   a  b  a  c  b  a            tau = 3: b leaves right after t=1 if its next use is at 5,
 *                                    a stays from t=0 to t=2 and from t=2 to t=5
 *
 * The best that variable space can do: keeping a page for x references costs x pages of space,
 * fetching it again costs one fault, and tau is the price of a fault in space.  It faults just
 * where the working set ws(tau) does, but does not hold a page for tau references after its last
 * use: all that ws loses, it loses by not knowing the future.
 *
 * Where memory is smaller than what should stay, the farthest next use goes, as with opt.
 * O(log frames) a reference; 36 bytes a frame, and 4 bytes a reference for the future.
 * Invariant: the heap holds the resident frames, ranked as in opt.c; who is leaving is in the heap.
 */
#include "policies.h"

#include "frame_heap.h"
#include "frame_list.h"
#include "window.h"

#include <stdlib.h>

typedef struct Vmin {
    const PolicyEnv *env;
    FrameHeap heap;    /* everybody */
    FrameList leaving; /* those who need not wait for their next use here */
    uint64_t window;
} Vmin;

static void vmin_destroy(void *self) {
    Vmin *vmin = self;
    frame_heap_clear(&vmin->heap);
    frame_list_clear(&vmin->leaving);
    free(vmin);
}

static void *vmin_create(const PolicyEnv *env, const uint64_t *params) {
    Vmin *vmin = calloc(1, sizeof(Vmin));
    if (vmin == NULL) {
        return NULL;
    }
    vmin->env = env;
    vmin->window = params[0];
    bool heap = frame_heap_init(&vmin->heap, env->frame_count);
    bool leaving = frame_list_init(&vmin->leaving, env->frame_count);
    if (heap && leaving) {
        return vmin;
    }
    vmin_destroy(vmin);
    return NULL;
}

static void leaving_remove(Vmin *vmin, Pfn frame) {
    if (frame_list_has(&vmin->leaving, frame)) {
        frame_list_remove(&vmin->leaving, frame);
    }
}

/* The page in the frame is being referenced: will it be again in time? */
static void decide(Vmin *vmin, Pfn frame, uint64_t next) {
    leaving_remove(vmin, frame);
    if (next - vmin->env->references(vmin->env->host) > vmin->window) {
        frame_list_append(&vmin->leaving, frame);
    }
}

static void vmin_loaded(void *self, Pfn frame, PageKey page) {
    Vmin *vmin = self;
    uint64_t next = vmin->env->next_use(vmin->env->host);
    frame_heap_add(&vmin->heap, frame, NEXT_USE_NEVER - next, page);
    decide(vmin, frame, next);
}

static void vmin_touched(void *self, Pfn frame, uint64_t count) {
    (void)count;
    Vmin *vmin = self;
    uint64_t next = vmin->env->next_use(vmin->env->host);
    frame_heap_node(&vmin->heap, frame)->rank = NEXT_USE_NEVER - next;
    frame_heap_moved(&vmin->heap, frame);
    decide(vmin, frame, next);
}

/* A page that may not go now lets the others have their turn. */
static Pfn vmin_surplus(void *self) {
    Vmin *vmin = self;
    Pfn frame = vmin->leaving.first;
    if (frame == PFN_NONE || vmin->env->evictable(vmin->env->host, frame)) {
        return frame;
    }
    frame_list_turn(&vmin->leaving);
    return PFN_NONE;
}

static Pfn vmin_victim(void *self, PageKey incoming) {
    (void)incoming;
    Vmin *vmin = self;
    return frame_heap_first_evictable(&vmin->heap, vmin->env, NULL, NULL);
}

static void vmin_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    Vmin *vmin = self;
    frame_heap_remove(&vmin->heap, frame);
    leaving_remove(vmin, frame);
}

static void vmin_renamed(void *self, Pfn frame, PageKey page) {
    FrameHeap *heap = &((Vmin *)self)->heap;
    frame_heap_node(heap, frame)->tie = page;
    frame_heap_moved(heap, frame);
}

static bool vmin_holds(const void *self, Pfn frame) {
    return frame_heap_has(&((const Vmin *)self)->heap, frame);
}

static const char *vmin_check(const void *self) {
    const Vmin *vmin = self;
    const char *wrong = frame_heap_check(&vmin->heap);
    wrong = wrong != NULL ? wrong : frame_list_check(&vmin->leaving);
    Pfn frame = vmin->leaving.first;
    for (uint32_t left = vmin->leaving.count; wrong == NULL && left > 0; left--) {
        wrong = vmin_holds(vmin, frame) ? NULL : "vmin: a frame is leaving, but not resident";
        frame = frame_list_next(&vmin->leaving, frame);
    }
    return wrong;
}

static const Param vmin_params[] = {
    {.name = "window",
     .kind = PARAM_COUNT,
     .initial = 10000,
     .min = 1,
     .max = WINDOW_MAX,
     .help = "tau, in references: a page whose next use is farther off leaves at once"},
    {.name = NULL},
};

const PolicyOps policy_vmin = {
    .info = {.name = "vmin",
             .summary = "VMIN: a page stays iff it is used again within tau references; the least "
                        "space for the faults of ws; runs the workload twice, wants a single "
                        "process",
             .source = "Prieve and Fabry, CACM 19(5), 1976",
             .params = vmin_params},
    .needs = POLICY_NEEDS_FUTURE,
    .create = vmin_create,
    .destroy = vmin_destroy,
    .loaded = vmin_loaded,
    .touched = vmin_touched,
    .victim = vmin_victim,
    .unloaded = vmin_unloaded,
    .surplus = vmin_surplus,
    .renamed = vmin_renamed,
    .holds = vmin_holds,
    .check = vmin_check,
};
