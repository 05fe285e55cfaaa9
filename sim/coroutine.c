/* coroutine.c - coroutines on ucontext(3): one mapped stack each, a guard page below it.
 *
 *   | guard (no access) | ................. stack, grows down |
 *   ^ mapping           ^ mapping + guard                     ^ mapping + GUARD + STACK
 *
 * Idea: the host gives stack pages as they are touched, so a thousand coroutines cost a
 * thousand times a few KiB; running off the end hits the guard page instead of a neighbour.
 * The address sanitizer must be told of each switch, or it takes the other stack for a bug.
 */
#include "coroutine.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define SWITCH_BEGINS(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define SWITCH_ENDS(saved, bottom, size)  __sanitizer_finish_switch_fiber(saved, bottom, size)
#define STACK_IS_FREE(stack, size)        __asan_unpoison_memory_region(stack, size)
#else
#define SWITCH_BEGINS(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#define SWITCH_ENDS(saved, bottom, size)  ((void)(saved), (void)(bottom), (void)(size))
#define STACK_IS_FREE(stack, size)        ((void)(stack), (void)(size))
#endif

enum { GUARD_BYTES = 64 << 10, STACK_BYTES = 256 << 10 };

struct Coroutine {
    ucontext_t inside, outside;
    void (*body)(void *data);
    void *data;
    char *mapping;
    bool over;
    /* What the sanitizer keeps of either side, and where the resumer's stack is. */
    void *inside_saved, *outside_saved;
    const void *outside_bottom;
    size_t outside_size;
};

static char *stack_of(const Coroutine *c) { return c->mapping + GUARD_BYTES; }

/* makecontext passes ints only, so the pointer comes in two halves. */
static void enter(unsigned high, unsigned low) {
    Coroutine *c = (Coroutine *)((uintptr_t)high << 32 | low);
    SWITCH_ENDS(NULL, &c->outside_bottom, &c->outside_size);
    c->body(c->data);
    c->over = true;
    SWITCH_BEGINS(NULL, c->outside_bottom, c->outside_size);
    setcontext(&c->outside);
}

static bool map_stack(Coroutine *c) {
    c->mapping = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    return c->mapping != MAP_FAILED && mprotect(c->mapping, GUARD_BYTES, PROT_NONE) == 0;
}

/* A function of its own, because getcontext can return twice as far as the compiler knows. */
static bool take_context(Coroutine *c) { return getcontext(&c->inside) == 0; }

Coroutine *coroutine_create(void (*body)(void *data), void *data) {
    Coroutine *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    c->body = body;
    c->data = data;
    if (!map_stack(c) || !take_context(c)) {
        coroutine_destroy(c);
        return NULL;
    }
    c->inside.uc_stack.ss_sp = stack_of(c);
    c->inside.uc_stack.ss_size = STACK_BYTES;
    uintptr_t self = (uintptr_t)c;
    makecontext(&c->inside, (void (*)(void))enter, 2, (unsigned)(self >> 32), (unsigned)self);
    return c;
}

bool coroutine_resume(Coroutine *c) {
    if (c->over) {
        return false;
    }
    SWITCH_BEGINS(&c->outside_saved, stack_of(c), STACK_BYTES);
    swapcontext(&c->outside, &c->inside);
    SWITCH_ENDS(c->outside_saved, NULL, NULL);
    return !c->over;
}

void coroutine_suspend(Coroutine *c) {
    SWITCH_BEGINS(&c->inside_saved, c->outside_bottom, c->outside_size);
    swapcontext(&c->inside, &c->outside);
    SWITCH_ENDS(c->inside_saved, &c->outside_bottom, &c->outside_size);
}

void coroutine_destroy(Coroutine *c) {
    if (c == NULL) {
        return;
    }
    if (c->mapping != MAP_FAILED) {
        STACK_IS_FREE(stack_of(c), STACK_BYTES);
        munmap(c->mapping, GUARD_BYTES + STACK_BYTES);
    }
    free(c);
}
