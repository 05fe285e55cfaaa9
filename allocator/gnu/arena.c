/* arena.c - which thread uses which arena.
 *
 *     thread 0 --> main arena -> arena 3 -> arena 2 -> arena 1 -> (main)      a circle by `next`
 *     thread 1 --------------------------------------------^
 *
 * Idea: threads in arenas of their own do not wait for each other.  A thread keeps the arena that
 * it was given.  A new one takes, in this order: an arena that a dead thread left (the free list),
 * a new one, or, when there are ARENAS_PER_CPU for each processor, the next of the circle, shared.
 *
 * Invariants: an arena is on the free list  <=>  no thread is attached to it;
 *             threads(arena) = the number of threads whose arena it is.
 */
#include "arena.h"

#include <stdlib.h>

#define THREADS_MAX (1 << 20)

void arena_init(Gnu *gnu, VAddr arena) {
    for (unsigned i = 1; i < BINS; i++) {
        set_chunk_fd(gnu, bin_head(arena, i), bin_head(arena, i));
        set_chunk_bk(gnu, bin_head(arena, i), bin_head(arena, i));
    }
    for (VAddr slot = arena; slot < bin_head(arena, 1) + CHUNK_HEADER; slot += WORD) {
        store_word(gnu, slot, 0);
    }
    for (VAddr word = binmap_word(arena, 0); word < arena + ARENA_BYTES; word += WORD) {
        store_word(gnu, word, 0);
    }
    set_arena_not_contiguous(gnu, arena, arena != MAIN_ARENA);
    set_arena_top(gnu, arena, bin_head(arena, UNSORTED));
}

/* ---- threads ---- */

static bool reserve_threads(Gnu *gnu, uint32_t count) {
    if (count <= gnu->thread_count) {
        return true;
    }
    GnuThread *threads = realloc(gnu->threads, count * sizeof *threads);
    if (threads == NULL) {
        return false;
    }
    for (uint32_t i = gnu->thread_count; i < count; i++) {
        threads[i] = (GnuThread){0};
    }
    gnu->threads = threads;
    gnu->thread_count = count;
    return true;
}

/* A thread for whose variables there is no room shares those of the first. */
void thread_enter(Gnu *gnu) {
    uint32_t thread = gnu->env->thread(gnu->env->host);
    gnu->many_threads = gnu->many_threads || thread != 0;
    gnu->current = thread < THREADS_MAX && reserve_threads(gnu, thread + 1) ? thread : 0;
    if (gnu->forked) {
        fork_finish(gnu);
    }
}

/* ---- attaching ---- */

static void detach(Gnu *gnu, VAddr arena) {
    if (arena != 0) {
        set_arena_threads(gnu, arena, arena_threads(gnu, arena) - 1);
    }
}

/* The calling thread changes to this arena, which counts it already. */
static VAddr attach(Gnu *gnu, VAddr arena) {
    VAddr replaced = current_thread(gnu)->arena;
    current_thread(gnu)->arena = arena;
    detach(gnu, replaced);
    return arena;
}

static VAddr take_free_arena(Gnu *gnu) {
    VAddr arena = gnu->free_arenas;
    if (arena == 0) {
        return 0;
    }
    gnu->free_arenas = arena_next_free(gnu, arena);
    set_arena_threads(gnu, arena, 1);
    return attach(gnu, arena);
}

static void remove_from_free(Gnu *gnu, VAddr arena) {
    VAddr previous = 0, at = gnu->free_arenas;
    while (at != 0 && at != arena) {
        previous = at;
        at = arena_next_free(gnu, at);
    }
    if (at == 0) {
        return;
    }
    if (previous == 0) {
        gnu->free_arenas = arena_next_free(gnu, at);
    } else {
        set_arena_next_free(gnu, previous, arena_next_free(gnu, at));
    }
}

static VAddr share_arena(Gnu *gnu) {
    VAddr arena = gnu->next_to_use == 0 ? MAIN_ARENA : gnu->next_to_use;
    detach(gnu, current_thread(gnu)->arena);
    current_thread(gnu)->arena = 0;
    remove_from_free(gnu, arena);
    set_arena_threads(gnu, arena, arena_threads(gnu, arena) + 1);
    gnu->next_to_use = arena_next(gnu, arena);
    return attach(gnu, arena);
}

/* A heap of the request's size, or if that is too much, of the least: then the request is for
 * the arena to refuse, or a mapping's. */
static VAddr create_arena(Gnu *gnu, uint64_t size) {
    const uint64_t state = SUBHEAP_HEADER + ARENA_BYTES + ALIGNMENT;
    uint64_t pad = gnu->tuning.top_pad;
    VAddr subheap = subheap_create(gnu, size + state, pad);
    if (subheap == 0) {
        subheap = subheap_create(gnu, state, pad);
    }
    if (subheap == 0) {
        return 0;
    }
    VAddr arena = subheap + SUBHEAP_HEADER, end = subheap + subheap_size(gnu, subheap);
    set_subheap_arena(gnu, subheap, arena);
    arena_init(gnu, arena);
    set_arena_threads(gnu, arena, 1);
    set_arena_system_bytes(gnu, arena, end - subheap);
    VAddr top = round_up(arena + ARENA_BYTES, ALIGNMENT);
    set_arena_top(gnu, arena, top);
    set_chunk_head(gnu, top, (end - top) | PREV_IN_USE);
    set_arena_next(gnu, arena, arena_next(gnu, MAIN_ARENA));
    set_arena_next(gnu, MAIN_ARENA, arena);
    return attach(gnu, arena);
}

/* The limit, once it is known, stays; processors are counted only when it matters. */
static bool may_create(Gnu *gnu) {
    if (gnu->arenas_limit == 0) {
        gnu->arenas_limit = gnu->tuning.arena_max != 0 ? gnu->tuning.arena_max
                            : gnu->arenas > gnu->tuning.arena_test
                                ? gnu->tuning.cpus * ARENAS_PER_CPU
                                : 0;
    }
    return gnu->arenas_limit == 0 || gnu->arenas < gnu->arenas_limit;
}

static VAddr get_other_arena(Gnu *gnu, uint64_t size) {
    VAddr arena = take_free_arena(gnu);
    if (arena != 0) {
        return arena;
    }
    if (!may_create(gnu)) {
        return share_arena(gnu);
    }
    arena = create_arena(gnu, size);
    gnu->arenas += arena != 0;
    return arena;
}

VAddr arena_attached(Gnu *gnu, uint64_t size) {
    VAddr arena = current_thread(gnu)->arena;
    return arena != 0 ? arena : get_other_arena(gnu, size);
}

VAddr arena_choose(Gnu *gnu, uint64_t size) {
    return gnu->many_threads ? arena_attached(gnu, size) : MAIN_ARENA;
}

VAddr arena_retry(Gnu *gnu, VAddr failed, uint64_t size) {
    return failed != MAIN_ARENA ? MAIN_ARENA : get_other_arena(gnu, size);
}

VAddr arena_of_chunk(const Gnu *gnu, VAddr chunk) {
    return (chunk_head(gnu, chunk) & NOT_OF_MAIN) == 0 ? MAIN_ARENA
                                                       : subheap_arena(gnu, subheap_of(chunk));
}

void arena_detach_current(Gnu *gnu) {
    VAddr arena = current_thread(gnu)->arena;
    *current_thread(gnu) = (GnuThread){0};
    if (arena == 0) {
        return;
    }
    detach(gnu, arena);
    if (arena_threads(gnu, arena) == 0) {
        set_arena_next_free(gnu, arena, gnu->free_arenas);
        gnu->free_arenas = arena;
    }
}
