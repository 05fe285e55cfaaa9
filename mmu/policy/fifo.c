/* fifo.c - first in, first out: the page that came first goes first.
 *
 * The simplest policy and the warning example: it evicts what everybody uses as readily as what
 * nobody does, and more memory can mean more faults (Belady's anomaly).
 * Invariant: the list holds the resident frames, oldest load first.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct Fifo {
    const PolicyEnv *env;
    FrameList queue;
} Fifo;

static void *fifo_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    Fifo *fifo = calloc(1, sizeof(Fifo));
    if (fifo == NULL || !frame_list_init(&fifo->queue, env->frame_count)) {
        free(fifo);
        return NULL;
    }
    fifo->env = env;
    return fifo;
}

static void fifo_destroy(void *self) {
    Fifo *fifo = self;
    frame_list_clear(&fifo->queue);
    free(fifo);
}

static void fifo_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    frame_list_append(&((Fifo *)self)->queue, frame);
}

static Pfn fifo_victim(void *self, PageKey incoming) {
    (void)incoming;
    const Fifo *fifo = self;
    return frame_list_first_evictable(&fifo->queue, fifo->env);
}

static void fifo_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_list_remove(&((Fifo *)self)->queue, frame);
}

static bool fifo_holds(const void *self, Pfn frame) {
    return frame_list_has(&((const Fifo *)self)->queue, frame);
}

static const char *fifo_check(const void *self) {
    return frame_list_check(&((const Fifo *)self)->queue);
}

const PolicyOps policy_fifo = {
    .info = {.name = "fifo",
             .summary = "first in, first out: the page that was loaded first goes",
             .source = "Belady, Nelson and Shedler, CACM 12(6), 1969",
             .params = PARAMS_NONE},
    .create = fifo_create,
    .destroy = fifo_destroy,
    .loaded = fifo_loaded,
    .victim = fifo_victim,
    .unloaded = fifo_unloaded,
    .holds = fifo_holds,
    .check = fifo_check,
};
