/* fork.c - the heap of a child process: all arenas, and one thread.
 *
 *     parent   thread 0 -> main      thread 1 -> arena 1      thread 2 -> arena 2
 *     child    (1 forked)            thread 1 -> arena 1      free list: main, arena 2
 *
 * Idea: the child's memory is a copy, but only the thread that forked goes on in it.  Nobody is
 * attached to the others' arenas any more, so they are there for the next threads; what lay in the
 * others' tcaches is lost: no thread will ever ask there.
 *
 * The arenas are put right when the child first calls malloc or free, not within fork.
 *
 * Invariant: as in arena.c; lost caches stay as they were.
 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

static void *copy_array(const void *from, uint64_t count, uint64_t size) {
    void *copy = count == 0 ? NULL : malloc(count * size);
    if (copy != NULL) {
        memcpy(copy, from, count * size);
    }
    return copy;
}

/* Shares nothing with the original.  False: out of host memory. */
static bool own_arrays(Gnu *gnu, const Gnu *from) {
    gnu->threads = copy_array(from->threads, from->thread_count, sizeof *from->threads);
    gnu->regions = copy_array(from->regions, from->region_count, sizeof *from->regions);
    gnu->lost = copy_array(from->lost, from->lost_count, sizeof *from->lost);
    gnu->region_room = from->region_count;
    gnu->marks = NULL;
    gnu->mark_count = gnu->mark_room = 0;
    gnu->mapped = (IntervalTree){0};
    bool copied = interval_tree_copy(&gnu->mapped, &from->mapped);
    return copied && gnu->threads != NULL && (gnu->regions != NULL || from->region_count == 0) &&
           (gnu->lost != NULL || from->lost_count == 0);
}

void *gnu_clone(const void *self, const AllocatorEnv *env) {
    Gnu *gnu = model_clone(self, sizeof *gnu, env);
    if (gnu == NULL) {
        return NULL;
    }
    gnu->forked = true;
    if (!own_arrays(gnu, self)) {
        gnu_destroy(gnu);
        return NULL;
    }
    return gnu;
}

/* If there is no room for the note, the walk takes the cache for a block of the program's. */
static void lose_tcache(Gnu *gnu, VAddr tcache) {
    VAddr *lost = realloc(gnu->lost, (gnu->lost_count + 1) * sizeof *lost);
    if (lost != NULL) {
        gnu->lost = lost;
        gnu->lost[gnu->lost_count++] = tcache;
    }
}

static void free_other_arenas(Gnu *gnu, VAddr own) {
    VAddr arena = MAIN_ARENA;
    gnu->free_arenas = 0;
    do {
        if (arena != own) {
            set_arena_threads(gnu, arena, 0);
            set_arena_next_free(gnu, arena, gnu->free_arenas);
            gnu->free_arenas = arena;
        }
        arena = arena_next(gnu, arena);
    } while (arena != MAIN_ARENA);
    if (own != 0) {
        set_arena_threads(gnu, own, 1);
    }
}

void fork_finish(Gnu *gnu) {
    for (uint32_t i = 0; i < gnu->thread_count; i++) {
        if (i != gnu->current && gnu->threads[i].tcache != 0) {
            lose_tcache(gnu, gnu->threads[i].tcache);
        }
        if (i != gnu->current) {
            gnu->threads[i] = (GnuThread){0};
        }
    }
    gnu->forked = false;
    free_other_arenas(gnu, current_thread(gnu)->arena);
}
