/* player.h - a random program: it calls malloc and its kin, fills what it gets, and compares what it
 * gives back.
 *
 * Idea: the player knows what the heap's statistics have to be, so each call checks them, too.
 * A failed assertion is the test's end.
 */
#ifndef PLAYER_H
#define PLAYER_H

#include "fixture.h"

#define SLOTS 256

typedef struct Slot {
    VAddr va;
    uint64_t size;
    uint8_t seed;
} Slot;

typedef struct Player {
    Fixture *f;
    Rng rng;
    Slot slots[SLOTS];
    uint64_t live_bytes, live_blocks, failed;
    bool alone; /* one thread makes all calls */
} Player;

/* ---- payloads ---- */

static inline uint8_t pattern(const Slot *slot, uint64_t i) {
    return (uint8_t)(slot->seed + i * 7);
}

static inline void fill(Player *p, Slot *slot) {
    uint8_t *bytes = fake_bytes(&p->f->fake, slot->va, slot->size);
    slot->seed = (uint8_t)rng_next(&p->rng);
    for (uint64_t i = 0; i < slot->size; i++) {
        bytes[i] = pattern(slot, i);
    }
}

static inline void verify(Player *p, const Slot *slot, VAddr va, uint64_t length) {
    const uint8_t *bytes = fake_bytes(&p->f->fake, va, length);
    for (uint64_t i = 0; i < length; i++) {
        if (bytes[i] != pattern(slot, i)) {
            g_error("byte %" G_GUINT64_FORMAT " of a block of %" G_GUINT64_FORMAT " has changed", i,
                    slot->size);
        }
    }
}

/* ---- one random call ---- */

static inline uint64_t random_size(Player *p) {
    uint64_t kind = rng_below(&p->rng, 100);
    return kind < 2    ? 0
           : kind < 70 ? 1 + rng_below(&p->rng, 128)
           : kind < 97 ? 1 + rng_below(&p->rng, 2000)
                       : 1 + rng_below(&p->rng, 20000);
}

static inline void settle(Player *p, Slot *slot, VAddr va, uint64_t size, uint64_t alignment) {
    if (va == 0) {
        p->failed++;
        return;
    }
    g_assert_cmpuint(va % alignment, ==, 0);
    *slot = (Slot){.va = va, .size = size};
    fill(p, slot);
    p->live_bytes += size;
    p->live_blocks++;
}

static inline void get(Player *p, Slot *slot) {
    Heap *heap = p->f->heap;
    uint64_t size = random_size(p), kind = rng_below(&p->rng, 10);
    uint64_t alignment = p->f->ops->alignment;
    if (kind < 7) {
        settle(p, slot, heap_malloc(heap, size), size, alignment);
    } else if (kind < 9) {
        VAddr va = heap_calloc(heap, 3, size);
        const uint8_t *bytes = va == 0 ? NULL : fake_bytes(&p->f->fake, va, size * 3);
        for (uint64_t i = 0; bytes != NULL && i < size * 3; i++) {
            g_assert_cmpuint(bytes[i], ==, 0);
        }
        settle(p, slot, va, size * 3, alignment);
    } else {
        alignment = UINT64_C(1) << rng_below(&p->rng, 13);
        settle(p, slot, heap_aligned_alloc(heap, alignment, size), size, alignment);
    }
}

static inline void give(Player *p, Slot *slot) {
    verify(p, slot, slot->va, slot->size);
    heap_free(p->f->heap, slot->va);
    p->live_bytes -= slot->size;
    p->live_blocks--;
    slot->va = 0;
}

static inline void resize(Player *p, Slot *slot) {
    uint64_t size = 1 + random_size(p);
    VAddr va = heap_realloc(p->f->heap, slot->va, size);
    if (va == 0) { /* the old block must be untouched */
        p->failed++;
        verify(p, slot, slot->va, slot->size);
        return;
    }
    verify(p, slot, va, size < slot->size ? size : slot->size);
    p->live_bytes += size - slot->size;
    slot->va = va;
    slot->size = size;
    fill(p, slot);
}

static inline void play_call(Player *p) {
    p->f->fake.thread = p->alone ? 0 : (uint32_t)rng_below(&p->rng, 3);
    if (rng_below(&p->rng, 50) == 0) {
        heap_thread_exit(p->f->heap);
    }
    Slot *slot = &p->slots[rng_below(&p->rng, SLOTS)];
    uint64_t kind = rng_below(&p->rng, 4);
    if (slot->va == 0) {
        get(p, slot);
    } else if (kind == 0) {
        resize(p, slot);
    } else {
        give(p, slot);
    }
    g_assert_cmpint(heap_error(p->f->heap), ==, HEAP_OK);
    const HeapStats *stats = heap_stats(p->f->heap);
    g_assert_cmpuint(stats->live_bytes, ==, p->live_bytes);
    g_assert_cmpuint(stats->live_blocks, ==, p->live_blocks);
    g_assert_cmpuint(stats->failed, ==, p->failed);
}

static inline void play(Fixture *f, uint64_t seed, guint calls, guint check_every) {
    Player p = {.f = f, .rng = {seed}};
    for (guint i = 1; i <= calls; i++) {
        play_call(&p);
        if (i % check_every == 0) {
            assert_sound(f);
        }
    }
    for (guint i = 0; i < SLOTS; i++) {
        if (p.slots[i].va != 0) {
            give(&p, &p.slots[i]);
        }
    }
    g_assert_cmpuint(heap_stats(f->heap)->live_bytes, ==, 0);
    assert_sound(f);
}

#endif
