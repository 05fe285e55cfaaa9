/* fixture.h - a heap on fake memory, and the few words that every allocator test needs. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "fake_memory.h"
#include "heap.h"

typedef struct Fixture {
    FakeMemory fake;
    AllocatorEnv env, peek;
    const AllocatorOps *ops;
    uint64_t params[PARAMS_MAX];
    Heap *heap;
} Fixture;

static inline const AllocatorOps *find_model(const char *name) {
    for (guint i = 0; allocators_builtin[i] != NULL; i++) {
        if (strcmp(allocators_builtin[i]->info.name, name) == 0) {
            return allocators_builtin[i];
        }
    }
    g_error("no model \"%s\"", name);
}

static inline void set_param(Fixture *f, const char *name, uint64_t value) {
    for (guint i = 0; f->ops->info.params[i].name != NULL; i++) {
        if (strcmp(f->ops->info.params[i].name, name) == 0) {
            f->params[i] = value;
            return;
        }
    }
    g_error("%s has no parameter \"%s\"", f->ops->info.name, name);
}

static inline void fixture_init(Fixture *f, const AllocatorOps *ops) {
    memset(f, 0, sizeof *f);
    fake_init(&f->fake);
    f->env = fake_env(&f->fake);
    f->peek = fake_peek_env(&f->fake);
    f->ops = ops;
    for (guint i = 0; ops->info.params[i].name != NULL; i++) {
        f->params[i] = ops->info.params[i].initial;
    }
}

static inline void fixture_start(Fixture *f) {
    f->heap = heap_create(f->ops, f->params, &f->env);
    g_assert_nonnull(f->heap);
}

static inline void fixture_clear(Fixture *f) {
    heap_destroy(f->heap);
    fake_clear(&f->fake);
}

static inline void assert_sound(Fixture *f) {
    g_assert_cmpstr(heap_check(f->heap, &f->peek), ==, NULL);
}

/* With another value in one of its words the heap is found to be wrong. */
static inline void assert_damage_is_noticed(Fixture *f, VAddr va, uint64_t value) {
    uint64_t sound = fake_word(&f->fake, va);
    fake_put(&f->fake, va, value);
    g_assert_nonnull(heap_check(f->heap, &f->peek));
    fake_put(&f->fake, va, sound);
    assert_sound(f);
}

/* The heap as text: "free[0,16] used[16,240] ..." relative to `base`; each block's va and length;
 * overhead is left out.  A hole or block on no list, or the last of one, shows no arrow; the
 * others "->" and where the next begins. */
typedef struct Picture {
    GString *text;
    VAddr base;
    bool links;
} Picture;

static inline void draw_block(void *host, const HeapBlock *block) {
    Picture *picture = host;
    if (block->kind == BLOCK_OVERHEAD) {
        return;
    }
    g_string_append_printf(picture->text, "%s%s[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]",
                           picture->text->len == 0 ? "" : " ",
                           block->kind == BLOCK_FREE ? "free" : "used", block->va - picture->base,
                           block->length);
    if (picture->links && block->link != 0) {
        g_string_append_printf(picture->text, "->%" G_GUINT64_FORMAT, block->link - picture->base);
    }
}

static inline void assert_picture(Fixture *f, bool links, const char *expected) {
    Picture picture = {g_string_new(NULL), heap_base(f->heap), links};
    heap_walk(f->heap, &f->peek, draw_block, &picture);
    g_assert_cmpstr(picture.text->str, ==, expected);
    g_string_free(picture.text, TRUE);
}

static inline VAddr must_malloc(Fixture *f, uint64_t size) {
    VAddr va = heap_malloc(f->heap, size);
    g_assert_cmpint(heap_error(f->heap), ==, HEAP_OK);
    g_assert_cmpuint(va, !=, 0);
    return va;
}

static inline void must_free(Fixture *f, VAddr va) {
    heap_free(f->heap, va);
    g_assert_cmpint(heap_error(f->heap), ==, HEAP_OK);
}

#endif
